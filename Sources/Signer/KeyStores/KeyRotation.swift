/// Replaces a key by a new one without a moment in which neither works: the new key is stored first, then brought into
/// force (added to the account, and seen there), and only then takes the old one's name. Whatever fails, the old key
/// stays where it was, under its name.
public struct KeyRotation: Sendable {
    public let store: any KeyStore

    public init(_ store: any KeyStore) {
        self.store = store
    }

    public struct Outcome: Hashable, Sendable {
        public var current: KeyDescription
        /// The old key, kept until nothing that it signed is under way.
        public var retired: KeyName
    }

    /// - Parameter activate: brings the new key into force; throwing leaves all as it was. The new key stays in the store as
    ///   `NAME.next` then, so that nothing that already trusts it is locked out, and the next attempt takes it up again.
    public func rotate(
        _ name: KeyName, algorithm: SignatureAlgorithm? = nil, hashAlgorithm: HashAlgorithm? = nil,
        activate: (KeyDescription, any TransactionSigner) async throws -> Void
    ) async throws -> Outcome {
        let keys = try await store.list()
        guard let old = keys.first(where: { $0.name == name }) else { throw SignerError.noKey(name, in: store.kind) }
        let next = try KeyName("\(name).next")
        let successor: KeyDescription
        if let left = keys.first(where: { $0.name == next }) {
            guard left.publicKey.algorithm == algorithm ?? left.publicKey.algorithm,
                left.hashAlgorithm == hashAlgorithm ?? left.hashAlgorithm
            else {
                throw SignerError(
                    .keyExists, "an earlier rotation left the key \(next), of another algorithm: remove it first")
            }
            successor = left
        } else {
            successor = try await store.generate(
                name: next, algorithm: algorithm ?? old.publicKey.algorithm,
                hashAlgorithm: hashAlgorithm ?? old.hashAlgorithm)
        }
        try await activate(successor, try await store.signer(for: next))
        let retired = try Self.retiredName(name, among: keys.map(\.name))
        try await store.replace(name, with: next, retiring: retired)
        var current = successor
        current.name = name
        return Outcome(current: current, retired: retired)
    }

    private static func retiredName(_ name: KeyName, among taken: [KeyName]) throws -> KeyName {
        for number in 1... {
            let candidate = try KeyName("\(name).old\(number)")
            if !taken.contains(candidate) { return candidate }
        }
        preconditionFailure("numbers do not end")
    }
}
