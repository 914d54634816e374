import CCrypto
import Encoding
import FoundationEssentials
import HTTP
import Secrets

/// AWS Signature Version 4 for a POST with a body and no query
/// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
struct SigV4 {
    var credentials: AWSCredentials
    var region: String
    var service: String

    /// Adds the date, the token and the authorization. `host` is that of the address, with its port where it is not the
    /// scheme's own.
    func sign(_ request: inout HTTPRequest, host: String, at time: Date) {
        let stamp = Self.stamp(time)
        let day = String(stamp.prefix(8))
        request.headers["X-Amz-Date"] = stamp
        if let token = credentials.sessionToken?.text { request.headers["X-Amz-Security-Token"] = token }

        let headers =
            (request.headers.map { ($0.name.lowercased(), $0.value.trimmed()) }
            + [("host", host)]).sorted { $0.0 < $1.0 }
        let names = headers.map(\.0).joined(separator: ";")
        let canonical = """
            \(request.method)
            \(Self.path(of: request.url))

            \(headers.map { "\($0):\($1)\n" }.joined())
            \(names)
            \(Digest.sha2_256(request.body))
            """
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(Digest.sha2_256(Array(canonical.utf8)))"
        let signature = Hex.encode(signingKey(day).hmac(text).withUnsafeBytes { Array($0) })
        request.headers["Authorization"] =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    private func signingKey(_ day: String) -> SecretBytes {
        let secret = credentials.secretAccessKey
        let first = SecretBytes(count: secret.count + 4) { out in
            out.copyBytes(from: "AWS4".utf8)
            secret.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: out[4...]).copyMemory(from: $0) }
        }
        return first.hmac(day).hmac(region).hmac(service).hmac("aws4_request")
    }

    /// As it is written in the address, and encoded once more: the rule for every service but S3.
    private static func path(of url: String) -> String {
        guard let path = URLComponents(string: url)?.percentEncodedPath, !path.isEmpty else { return "/" }
        return path.replacing("%", with: "%25")
    }

    /// 20260131T235959Z
    static func stamp(_ time: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0)!
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: time)
        func padded(_ number: Int?, _ width: Int) -> String {
            let digits = String(number ?? 0)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(parts.year, 4) + padded(parts.month, 2) + padded(parts.day, 2) + "T" + padded(parts.hour, 2)
            + padded(parts.minute, 2) + padded(parts.second, 2) + "Z"
    }
}

extension SecretBytes {
    /// HMAC-SHA-256 under these bytes.
    fileprivate func hmac(_ text: String) -> SecretBytes {
        let message = Array(text.utf8)
        return SecretBytes(count: 32) { out in
            withUnsafeBytes { key in
                let done = HMAC(
                    EVP_sha256(), key.baseAddress, Int32(key.count), message, message.count,
                    out.baseAddress!.assumingMemoryBound(to: UInt8.self), nil)
                precondition(done != nil, "libcrypto could not compute an HMAC")
            }
        }
    }
}
