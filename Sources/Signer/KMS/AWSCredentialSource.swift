import Encoding
public import Foundation
import HTTP

/// Where AWS credentials come from, as in AWS's own libraries: variables; else the container's endpoint (ECS, EKS Pod
/// Identity); else the machine's metadata service, version 2. Temporary ones are fetched anew five minutes before their end
/// (docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
public final class AWSCredentialSource: Sendable {
    private enum Place: Sendable {
        case fixed(AWSCredentials)
        /// An address that answers with credentials, and the file or text of what it wants as Authorization.
        case container(url: String, tokenFile: String?, token: String?)
        case machine(endpoint: String)
    }

    private let place: Place
    private let transport: KMSTransport
    private let kept: KeptCredential<AWSCredentials>
    static let name = "the source of AWS credentials"

    /// Throws `malformed` where half of the variables is set, or the container's address may not be asked.
    public init(
        environment: [String: String], transport: @escaping KMSTransport,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(SignerError) {
        self.transport = transport
        kept = KeptCredential(margin: 300, now: now)
        if environment["AWS_ACCESS_KEY_ID"] != nil || environment["AWS_SECRET_ACCESS_KEY"] != nil {
            place = .fixed(try AWSCredentials(environment: environment))
        } else if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            place = .container(url: "http://169.254.170.2\(path)", tokenFile: nil, token: nil)
        } else if let url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
            let host = URLComponents(string: url)?.host ?? ""
            // Credentials over plain HTTP only from this machine or the link's own addresses, as AWS's libraries have it.
            let local = ["127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]
            guard url.hasPrefix("https://") || (url.hasPrefix("http://") && local.contains(host)) else {
                throw SignerError(
                    .malformed, "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this machine")
            }
            place = .container(
                url: url, tokenFile: environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
                token: environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
        } else if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" {
            throw SignerError(
                .malformed, "there are no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
        } else {
            place = .machine(
                endpoint: environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254")
        }
    }

    public func current() async throws -> AWSCredentials {
        if case .fixed(let credentials) = place { return credentials }
        return try await kept.current(fetch)
    }

    private func fetch() async throws -> (value: AWSCredentials, until: Date) {
        let answer = try await answer()
        guard let id = answer["AccessKeyId"]?.string, let secret = answer["SecretAccessKey"]?.string,
            let until = answer["Expiration"]?.string.flatMap({ try? Date($0, strategy: .iso8601) })
        else { throw SignerError(.badAnswer, "\(Self.name) answered without credentials, or without their end") }
        let credentials = AWSCredentials(
            accessKeyID: id, secretAccessKey: SecretBytes(copying: Array(secret.utf8)),
            sessionToken: answer["Token"]?.string)
        return (credentials, until)
    }

    private func answer() async throws -> JSON {
        switch place {
        case .fixed: return .object([])
        case .container(let url, let tokenFile, let token):
            var headers: HTTPFields = [:]
            if let token = try tokenFile.map({ try KMS.text(of: $0, for: Self.name) }) ?? token {
                headers["Authorization"] = token
            }
            return try KMS.json(try await ask("GET", url, headers), from: Self.name)
        case .machine(let endpoint):
            let base = "\(endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint)/latest"
            let token = try await ask("PUT", "\(base)/api/token", ["X-aws-ec2-metadata-token-ttl-seconds": "300"])
            let headers: HTTPFields = ["X-aws-ec2-metadata-token": String(decoding: token.body, as: UTF8.self)]
            let roles = "\(base)/meta-data/iam/security-credentials/"
            let role = String(decoding: try await ask("GET", roles, headers).body, as: UTF8.self)
            guard role.wholeMatch(of: /[A-Za-z0-9+=,.@_-]+/) != nil else {
                throw SignerError(.badAnswer, "\(Self.name), the machine's metadata service, names no role")
            }
            return try KMS.json(try await ask("GET", roles + role, headers), from: Self.name)
        }
    }

    private func ask(_ method: String, _ url: String, _ headers: HTTPFields) async throws -> HTTPResponse {
        try await KMS.ask(Self.name, transport: transport, method, url, headers)
    }
}
