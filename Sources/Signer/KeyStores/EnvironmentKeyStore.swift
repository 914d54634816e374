import FoundationEssentials

/// Keys in the environment: `FLOW_KEY_PAYER="ECDSA_P256 SHA3_256 …"` is the key `payer`. Reading wipes the variables where
/// they lie, so that neither /proc/PID/environ nor a child process has them afterwards.
public struct EnvironmentKeyStore: KeyStore {
    public static let prefix = "FLOW_KEY_"
    public let kind = "environment"
    private let contents: ReadOnlyKeys

    /// Takes the keys out of this process's environment. Call it once, early, before other threads read the environment.
    public init(wipingEnvironment: Void = ()) throws(SignerError) {
        let found = EnvironmentSecrets.take { $0.hasPrefix(Self.prefix) }
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

    public func list() async throws -> [KeyDescription] { contents.list() }
    public func signer(for name: KeyName) async throws -> any TransactionSigner { try contents.signer(for: name) }
}
