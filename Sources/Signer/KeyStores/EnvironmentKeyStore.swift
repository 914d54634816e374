import FoundationEssentials
public import Secrets

/// Keys in the environment: `FLOW_KEY_PAYER="ECDSA_P256 SHA3_256 …"` is the key `payer`.
public struct EnvironmentKeyStore: KeyStore {
    public static let prefix = "FLOW_KEY_"
    public let kind = "environment"
    private let contents: ReadOnlyKeys

    public init(_ environment: ProcessEnvironment) throws(SignerError) {
        try self.init(variables: environment.secrets(prefix: Self.prefix))
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
