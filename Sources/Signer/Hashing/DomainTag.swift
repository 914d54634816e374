/// 32 bytes before whatever is signed, so that a signature made for one purpose is worth nothing for another: UTF-8 text,
/// padded with zeros on the right.
public struct DomainTag: Hashable, Sendable {
    public let bytes: [UInt8]

    /// Throws `malformed` where the text is longer than 32 bytes.
    public init(_ text: String) throws(SignerError) {
        guard text.utf8.count <= 32 else {
            throw SignerError(.malformed, "a domain tag has at most 32 bytes, this one has \(text.utf8.count)")
        }
        self.init(padding: text)
    }

    private init(padding text: String) {
        bytes = Array(text.utf8) + [UInt8](repeating: 0, count: 32 - text.utf8.count)
    }

    /// What goes to the chain. onflow/flow-go:model/flow/constants.go
    public static let transaction = DomainTag(padding: "FLOW-V0.0-transaction")
    /// What a wallet signs on a user's behalf.
    public static let user = DomainTag(padding: "FLOW-V0.0-user")
    /// Proof that a wallet controls an account. onflow/fcl-js, provable-authn.md
    public static let accountProof = DomainTag(padding: "FCL-ACCOUNT-PROOF-V0.0")
}
