import Daemon
import FoundationEssentials
import HTTP
import Secrets
import Signer

/// Where keys lie, as configuration and command line name it.
enum KeyStorePlace: Hashable, Sendable, CustomStringConvertible {
    case file(String)
    case environment
    /// Of systemd; nil for the service's own folder.
    case credentials(String?)
    case awsKMS(region: String)
    case googleKMS(keyRing: String)

    static let secretVariables = [
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN",
    ]

    static let forms =
        "file:PATH, env, credentials, credentials:FOLDER, aws-kms:REGION or google-kms:projects/P/locations/L/keyRings/R"

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count > 1 ? parts[1] : nil) {
        case ("file", let path?) where !path.isEmpty: self = .file(path)
        case ("env", nil): self = .environment
        case ("credentials", nil): self = .credentials(nil)
        case ("credentials", let folder?) where !folder.isEmpty: self = .credentials(folder)
        case ("aws-kms", let region?) where region.wholeMatch(of: /[a-z0-9-]+/) != nil:
            self = .awsKMS(region: region)
        case ("google-kms", let ring?) where !ring.isEmpty: self = .googleKMS(keyRing: ring)
        default: return nil
        }
    }

    var description: String {
        switch self {
        case .file(let path): "file:\(path)"
        case .environment: "env"
        case .credentials(let folder): folder.map { "credentials:\($0)" } ?? "credentials"
        case .awsKMS(let region): "aws-kms:\(region)"
        case .googleKMS(let ring): "google-kms:\(ring)"
        }
    }

    /// Opens it. `passphrase` is asked for where the store has one.
    func open(
        environment: ProcessEnvironment, passphrase: () async throws -> SecretBytes
    ) async throws -> any KeyStore {
        switch self {
        case .file(let path): return try EncryptedFileKeyStore(path: path, passphrase: try await passphrase())
        case .environment: return try EnvironmentKeyStore(environment)
        case .credentials(let folder?): return try CredentialsKeyStore(directory: folder)
        case .credentials(nil):
            guard let store = try CredentialsKeyStore.ofService(environment: environment) else {
                throw SignerError(
                    .unavailable, "there are no systemd credentials: CREDENTIALS_DIRECTORY is not set for this process")
            }
            return store
        case .awsKMS(let region):
            let client = HTTPClient()
            let transport: KMSTransport = { try await client.send($0, timeout: $1) }
            let credentials = try AWSCredentialSource(environment: environment, transport: transport)
            return AWSKMSKeyStore(
                client: try AWSKMSClient(
                    region: region, endpoint: environment["AWS_ENDPOINT_URL_KMS"] ?? environment["AWS_ENDPOINT_URL"],
                    credentials: { try await credentials.current() }, transport: transport))
        case .googleKMS(let keyRing):
            let client = HTTPClient()
            let transport: KMSTransport = { try await client.send($0, timeout: $1) }
            let token = try GoogleTokenSource(environment: environment, transport: transport)
            return try GoogleKMSKeyStore(
                keyRing: keyRing,
                endpoint: environment["GOOGLE_CLOUD_KMS_ENDPOINT"] ?? "https://cloudkms.googleapis.com",
                token: { try await token.current() }, transport: transport)
        }
    }
}

extension SettingKind where Value == KeyStorePlace {
    static var keyStore: Self {
        custom(KeyStorePlace.forms, parse: { KeyStorePlace($0) }, show: { $0.description })
    }
}

extension SettingKind where Value == KeyName {
    static var keyName: Self {
        custom(
            "a key's name: letters, digits, dots, dashes and underscores", parse: { try? KeyName($0) },
            show: { $0.description })
    }
}
