/// The name of a key in a store: 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or a digit.
public struct KeyName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) throws(SignerError) {
        let isWord = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        guard (1...64).contains(text.utf8.count), isWord(text.utf8.first!),
            text.utf8.allSatisfy({ isWord($0) || [0x2d, 0x2e, 0x5f].contains($0) })
        else {
            throw SignerError(
                .malformed,
                "a key's name has 1 to 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit"
            )
        }
        description = text
    }

    public static func < (a: KeyName, b: KeyName) -> Bool { a.description < b.description }
}

/// What may be known of a stored key.
public struct KeyDescription: Hashable, Sendable {
    public var name: KeyName
    public var publicKey: PublicKey
    public var hashAlgorithm: HashAlgorithm
    /// Milliseconds since 1970; nil where the store does not keep it.
    public var createdAt: Int64?

    public init(name: KeyName, publicKey: PublicKey, hashAlgorithm: HashAlgorithm, createdAt: Int64? = nil) {
        self.name = name
        self.publicKey = publicKey
        self.hashAlgorithm = hashAlgorithm
        self.createdAt = createdAt
    }
}

/// Where keys lie. All stores pass one conformance suite; those that can't be written to throw `unsupported` from what writes.
public protocol KeyStore: Sendable {
    /// Such as "encrypted file", for people.
    var kind: String { get }

    /// By name.
    func list() async throws -> [KeyDescription]

    /// Throws `keyNotFound` where there is no such key, which is not the same as `unavailable`.
    func signer(for name: KeyName) async throws -> any TransactionSigner

    /// Throws `keyExists` rather than replace a key.
    @discardableResult
    func add(_ key: PrivateKey, name: KeyName, hashAlgorithm: HashAlgorithm) async throws -> KeyDescription

    /// A new key that never leaves the store.
    func generate(name: KeyName, algorithm: SignatureAlgorithm, hashAlgorithm: HashAlgorithm) async throws
        -> KeyDescription

    func remove(_ name: KeyName) async throws

    /// In one step, or not at all: `successor` takes the name `name`, and the key that had it is kept as `retired`.
    func replace(_ name: KeyName, with successor: KeyName, retiring retired: KeyName) async throws
}

extension KeyStore {
    public func add(_ key: PrivateKey, name: KeyName, hashAlgorithm: HashAlgorithm) async throws -> KeyDescription {
        throw unsupported("take keys in")
    }

    public func generate(
        name: KeyName, algorithm: SignatureAlgorithm, hashAlgorithm: HashAlgorithm
    ) async throws -> KeyDescription {
        try await add(PrivateKey.generate(algorithm), name: name, hashAlgorithm: hashAlgorithm)
    }

    public func remove(_ name: KeyName) async throws { throw unsupported("remove keys") }

    public func replace(_ name: KeyName, with successor: KeyName, retiring retired: KeyName) async throws {
        throw unsupported("replace keys")
    }

    private func unsupported(_ what: String) -> SignerError {
        SignerError(.unsupported, "the key store (\(kind)) does not \(what)")
    }
}

extension SignerError {
    static func noKey(_ name: KeyName, in kind: String) -> SignerError {
        SignerError(.keyNotFound, "the key store (\(kind)) has no key \(name)")
    }
}
