package import Secrets

/// `control.token`: only its digest is kept.
package struct OwnerToken: Sendable {
    private let digest: [UInt8]

    package init(_ token: SecretBytes) { self.init(token.text) }

    package init(_ token: String) { digest = AccessToken.digest(of: token) }

    /// Takes a time that says nothing of the token: what is compared are digests.
    func isEqual(to shown: String) -> Bool { AccessToken.digest(of: shown) == digest }
}
