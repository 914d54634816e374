import Encoding
public import FoundationEssentials
import HTTP
public import Secrets

/// Where access tokens for Google Cloud come from: a variable, a file that something else renews, or the metadata service of
/// the machine, by the account that it runs under (cloud.google.com/docs/authentication/rest#metadata-server). Tokens of
/// the last are fetched anew a minute before their end.
public final class GoogleTokenSource: Sendable {
    private enum Place: Sendable {
        case fixed(SecretBytes)
        case file(String)
        case machine(host: String)
    }

    private let place: Place
    private let transport: KMSTransport
    private let now: @Sendable () -> Date
    private let kept: KeptCredential<SecretBytes>
    static let name = "the source of Google access tokens"

    public init(
        environment: ProcessEnvironment, transport: @escaping KMSTransport,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(SignerError) {
        self.transport = transport
        self.now = now
        kept = KeptCredential(margin: 60, now: now)
        if let token = environment.secret("GOOGLE_OAUTH_ACCESS_TOKEN") {
            place = .fixed(token)
        } else if let path = environment["GOOGLE_OAUTH_ACCESS_TOKEN_FILE"] {
            place = .file(path)
        } else if environment["GOOGLE_APPLICATION_CREDENTIALS"] != nil {
            throw SignerError(
                .unsupported,
                "GOOGLE_APPLICATION_CREDENTIALS is not read: use the machine's own account, or GOOGLE_OAUTH_ACCESS_TOKEN_FILE"
            )
        } else {
            place = .machine(host: environment["GCE_METADATA_HOST"] ?? "metadata.google.internal")
        }
    }

    public func current() async throws -> String {
        switch place {
        case .fixed(let token): return token.text
        case .file(let path): return try KMS.text(of: path, for: Self.name)
        case .machine(let host): return try await kept.current { try await fetch(host) }.text
        }
    }

    private func fetch(_ host: String) async throws -> (value: SecretBytes, until: Date) {
        let url = "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token"
        let response = try await KMS.ask(
            Self.name, transport: transport, "GET", url, ["Metadata-Flavor": "Google"])
        let answer = try KMS.json(response, from: Self.name)
        guard let token = answer["access_token"]?.string, let seconds = answer["expires_in"]?.integer(Int.self) else {
            throw SignerError(.badAnswer, "\(Self.name) answered without a token, or without its end")
        }
        return (SecretBytes(copying: Array(token.utf8)), now().addingTimeInterval(TimeInterval(seconds)))
    }
}
