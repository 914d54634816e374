/// Signs for one account key. Where the key lies, in memory or in a key management service, is its own affair.
public protocol TransactionSigner: Sendable {
    var publicKey: PublicKey { get }
    /// The hash registered with the account key: messages are hashed with it.
    var hashAlgorithm: HashAlgorithm { get }
    /// Whether signing the same message again gives the same bytes. Where not, what was signed must be kept: signing anew
    /// makes another transaction id.
    var isDeterministic: Bool { get }
    /// Hashes the message, which begins with its domain tag, and signs the digest: r‖s, 64 bytes.
    func sign(_ message: [UInt8]) async throws -> [UInt8]
}

/// Signs with a key in this process's memory.
public struct InMemorySigner: TransactionSigner {
    private let key: PrivateKey
    public let hashAlgorithm: HashAlgorithm

    public init(key: PrivateKey, hashAlgorithm: HashAlgorithm) {
        self.key = key
        self.hashAlgorithm = hashAlgorithm
    }

    public var publicKey: PublicKey { key.publicKey }
    public var isDeterministic: Bool { true }

    public func sign(_ message: [UInt8]) async throws -> [UInt8] {
        try signNow(message)
    }

    /// The same without suspension: some 30 µs of computing.
    public func signNow(_ message: [UInt8]) throws(SignerError) -> [UInt8] {
        try key.sign(digest: Digest.hash(message, with: hashAlgorithm))
    }
}
