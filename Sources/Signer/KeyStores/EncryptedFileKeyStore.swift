import Dispatch
import FoundationEssentials
import Glibc
public import Secrets

/// Keys in one encrypted file of mode 0600. Writing makes a new file beside it, which takes its place once it is on disk:
/// a crash leaves the old file or the new one, whole. A lock file keeps other processes from writing at the same time.
public final class EncryptedFileKeyStore: KeyStore {
    public let kind = "encrypted file"
    public let path: String
    private let passphrase: SecretBytes
    private let cost: KeyFile.Cost
    private let now: @Sendable () -> Int64
    // Reading, scrypt and fsync block for up to a second: never on the cooperative pool.
    private let queue = DispatchQueue(label: "weir.keystore")

    /// The file need not exist: the first key creates it. An empty passphrase is refused.
    public init(path: String, passphrase: SecretBytes) throws(SignerError) {
        guard passphrase.count > 0 else { throw SignerError(.malformed, "the passphrase of the key file is empty") }
        self.path = path
        self.passphrase = passphrase
        cost = KeyFile.Cost()
        now = { Int64(Date().timeIntervalSince1970 * 1000) }
    }

    init(path: String, passphrase: SecretBytes, cost: KeyFile.Cost, now: @escaping @Sendable () -> Int64 = { 0 }) {
        self.path = path
        self.passphrase = passphrase
        self.cost = cost
        self.now = now
    }

    /// The keys of a file without its passphrase: public parts only, which nothing vouches for.
    public static func describe(path: String) throws(SignerError) -> [KeyDescription] {
        guard let bytes = try KeyFileAccess.read(path) else { return [] }
        return try KeyFile.descriptions(of: bytes)
    }

    public func list() async throws -> [KeyDescription] {
        try await onQueue { try self.load().entries.map(\.description) }
    }

    public func signer(for name: KeyName) async throws -> any TransactionSigner {
        try await onQueue {
            guard let entry = try self.load().entries.first(where: { $0.description.name == name }) else {
                throw SignerError.noKey(name, in: self.kind)
            }
            return InMemorySigner(key: entry.key, hashAlgorithm: entry.description.hashAlgorithm)
        }
    }

    public func add(_ key: PrivateKey, name: KeyName, hashAlgorithm: HashAlgorithm) async throws -> KeyDescription {
        let description = KeyDescription(
            name: name, publicKey: key.publicKey, hashAlgorithm: hashAlgorithm, createdAt: now())
        try await change { file throws(SignerError) in
            guard !file.entries.contains(where: { $0.description.name == name }) else {
                throw SignerError(.keyExists, "the key file has a key \(name) already")
            }
            file.entries.append(KeyFile.Entry(description: description, key: key))
        }
        return description
    }

    public func remove(_ name: KeyName) async throws {
        try await change { file throws(SignerError) in
            guard let index = file.entries.firstIndex(where: { $0.description.name == name }) else {
                throw SignerError.noKey(name, in: "encrypted file")
            }
            file.entries.remove(at: index)
        }
    }

    public func replace(_ name: KeyName, with successor: KeyName, retiring retired: KeyName) async throws {
        try await change { file throws(SignerError) in
            let names = file.entries.map(\.description.name)
            guard let old = names.firstIndex(of: name) else { throw SignerError.noKey(name, in: "encrypted file") }
            guard let new = names.firstIndex(of: successor) else {
                throw SignerError.noKey(successor, in: "encrypted file")
            }
            guard !names.contains(retired) else {
                throw SignerError(.keyExists, "the key file has a key \(retired) already")
            }
            file.entries[old].description.name = retired
            file.entries[new].description.name = name
        }
    }

    /// Encrypts the file anew under another passphrase; this store goes on with the old one, and no longer opens it.
    public func changePassphrase(to new: SecretBytes) async throws {
        guard new.count > 0 else { throw SignerError(.malformed, "the new passphrase is empty") }
        try await onQueue {
            try KeyFileAccess.locked(self.path) { () throws(SignerError) in
                try KeyFileAccess.write(try self.load().encode(passphrase: new, cost: self.cost), to: self.path)
            }
        }
    }

    private func change(_ body: @escaping @Sendable (inout KeyFile) throws(SignerError) -> Void) async throws {
        try await onQueue {
            try KeyFileAccess.locked(self.path) { () throws(SignerError) in
                var file = try self.load()
                try body(&file)
                try KeyFileAccess.write(try file.encode(passphrase: self.passphrase, cost: self.cost), to: self.path)
            }
        }
    }

    /// A file that is not there holds no keys; one that can't be read is an error.
    private func load() throws(SignerError) -> KeyFile {
        guard let bytes = try KeyFileAccess.read(path) else { return KeyFile() }
        return try KeyFile(bytes, passphrase: passphrase)
    }

    private func onQueue<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
