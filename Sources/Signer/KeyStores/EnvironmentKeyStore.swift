import CCrypto
import Foundation
import Glibc

/// Keys in the environment: `WEIR_KEY_PAYER="ECDSA_P256 SHA3_256 …"` is the key `payer`. Reading wipes the variables where
/// they lie, so that neither /proc/PID/environ nor a child process has them afterwards.
public struct EnvironmentKeyStore: KeyStore {
    public static let prefix = "WEIR_KEY_"
    public let kind = "environment"
    private let contents: ReadOnlyKeys

    /// Takes the keys out of this process's environment. Call it once, early, before other threads read the environment.
    public init(wipingEnvironment: Void = ()) throws(SignerError) {
        var found: [String: SecretBytes] = [:]
        for entry in Self.entries() {
            let text = UnsafeBufferPointer(start: entry, count: strlen(entry))
            guard let equals = text.firstIndex(of: CChar(UInt8(ascii: "="))) else { continue }
            let name = String(decoding: text[..<equals].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard name.hasPrefix(Self.prefix) else { continue }
            let value = UnsafeRawBufferPointer(start: entry + equals + 1, count: text.count - equals - 1)
            found[name] = SecretBytes(count: value.count) { $0.copyMemory(from: value) }
            OPENSSL_cleanse(entry + equals + 1, value.count)
        }
        for name in found.keys { unsetenv(name) }
        try self.init(variables: found)
    }

    /// `variables` are whole names with their values.
    init(variables: [String: SecretBytes]) throws(SignerError) {
        var keys: [KeyName: InMemorySigner] = [:]
        for (variable, text) in variables where variable.hasPrefix(Self.prefix) {
            let name = try KeyName(
                variable.dropFirst(Self.prefix.count).lowercased().replacing("_", with: "-"))
            let read = try KeyText(text, called: variable)
            keys[name] = InMemorySigner(key: read.key, hashAlgorithm: read.hashAlgorithm)
        }
        contents = ReadOnlyKeys(kind: kind, keys: keys)
    }

    private static func entries() -> [UnsafeMutablePointer<CChar>] {
        var entries: [UnsafeMutablePointer<CChar>] = []
        var cursor = environ
        while let entry = cursor.pointee {
            entries.append(entry)
            cursor += 1
        }
        return entries
    }

    public func list() async throws -> [KeyDescription] { contents.list() }
    public func signer(for name: KeyName) async throws -> any TransactionSigner { try contents.signer(for: name) }
}
