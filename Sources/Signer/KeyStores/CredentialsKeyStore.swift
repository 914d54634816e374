import FoundationEssentials
import Glibc
public import Secrets

/// Keys as systemd credentials (`LoadCredentialEncrypted=weir-key-payer:…`): each file `weir-key-NAME` of
/// $CREDENTIALS_DIRECTORY is a key, as text or as PEM. The folder lies in memory that is not swapped, readable by the service
/// alone.
public struct CredentialsKeyStore: KeyStore {
    public static let prefix = "weir-key-"
    public let kind = "systemd credentials"
    private let contents: ReadOnlyKeys

    /// Throws `unavailable` where the folder can't be read; a service without credentials has no such folder.
    public init(directory: String) throws(SignerError) {
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw SignerError(.unavailable, "the credentials folder \(directory) can't be read")
        }
        var keys: [KeyName: InMemorySigner] = [:]
        for file in files.sorted() where file.hasPrefix(Self.prefix) {
            let name = try KeyName(String(file.dropFirst(Self.prefix.count)))
            guard let bytes = try Self.read("\(directory)/\(file)") else { continue }
            let read = try KeyText(bytes, called: "the credential \(file)")
            keys[name] = InMemorySigner(key: read.key, hashAlgorithm: read.hashAlgorithm)
        }
        contents = ReadOnlyKeys(kind: kind, keys: keys)
    }

    /// The service's own folder; nil where it has none.
    public static func ofService(environment: ProcessEnvironment) throws(SignerError) -> CredentialsKeyStore? {
        guard let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty else { return nil }
        return try CredentialsKeyStore(directory: directory)
    }

    private static func read(_ path: String) throws(SignerError) -> SecretBytes? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw SignerError(.unavailable, "the credential \(path) can't be read: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var length = 0
        let buffer = SecretBytes(count: 1 << 14) { out in
            while length < out.count {
                let count = Glibc.read(file, out.baseAddress! + length, out.count - length)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                length += count
            }
        }
        return buffer.withUnsafeBytes { bytes in
            SecretBytes(count: length) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<length])) }
        }
    }

    public func list() async throws -> [KeyDescription] { contents.list() }
    public func signer(for name: KeyName) async throws -> any TransactionSigner { try contents.signer(for: name) }
}
