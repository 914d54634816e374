import CCrypto
import Encoding

/// What a webhook is signed with, by the conventions of standardwebhooks.com: HMAC-SHA256 under the bytes that the secret
/// decodes to, not under its text.
package struct WebhookSecret: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// `whsec_` and base64 of 24 to 64 bytes. Nil for anything else.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = Base64.decode(String(text.dropFirst(Self.prefix.count))),
            (24...64).contains(bytes.count)
        else { return nil }
        self.bytes = bytes
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    package static func generate() -> Self {
        var random = SystemRandomNumberGenerator()
        return Self(bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    /// To be shown once, to whoever receives the webhooks.
    package var text: String { Self.prefix + Base64.encode(bytes) }

    package var description: String { "whsec_…" }

    private static let prefix = "whsec_"

    /// The header webhook-signature: one signature a secret, the newest first.
    package static func signatures(
        _ secrets: [WebhookSecret], id: String, timestamp: Int64, body: [UInt8]
    ) -> String {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        return secrets.map { "v1,\(Base64.encode($0.authenticate(signed)))" }.joined(separator: " ")
    }

    private func authenticate(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { out, count in
            let done = HMAC(EVP_sha256(), bytes, CInt(bytes.count), message, message.count, out.baseAddress, nil)
            precondition(done != nil, "libcrypto could not compute an HMAC")
            count = 32
        }
    }
}
