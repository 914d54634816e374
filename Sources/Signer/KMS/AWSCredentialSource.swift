import Encoding
public import FoundationEssentials
import HTTP
public import Secrets

/// Where AWS credentials come from, as in AWS's own libraries: variables; else a web
/// identity's token (EKS, AssumeRoleWithWebIdentity); else the container's endpoint (ECS, EKS Pod
/// Identity); else the machine's metadata service, version 2. Temporary ones are fetched anew five minutes before their end
/// (docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
public final class AWSCredentialSource: Sendable {
    private enum Place: Sendable {
        case fixed(AWSCredentials)
        /// An address that answers with credentials, and the file or text of what it wants as Authorization.
        case container(url: String, tokenFile: String?, token: SecretBytes?)
        case machine(endpoint: String)
        case webIdentity(WebIdentity)
    }

    /// A role that whoever holds the file's token may take on.
    private struct WebIdentity: Sendable {
        var tokenFile: String
        var role: String
        var session: String
        var endpoint: String
    }

    private let place: Place
    private let transport: KMSTransport
    private let kept: KeptCredential<AWSCredentials>
    static let name = "the source of AWS credentials"

    /// Throws `malformed` where half of the variables is set, or the container's address may not be asked.
    public init(
        environment: ProcessEnvironment, transport: @escaping KMSTransport,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(SignerError) {
        self.transport = transport
        kept = KeptCredential(margin: 300, now: now)
        if environment["AWS_ACCESS_KEY_ID"] != nil || environment.has("AWS_SECRET_ACCESS_KEY") {
            place = .fixed(try AWSCredentials(environment: environment))
        } else if let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] {
            guard let role = environment["AWS_ROLE_ARN"], !role.isEmpty else {
                throw SignerError(.malformed, "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not")
            }
            let region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
            let endpoint = environment["AWS_ENDPOINT_URL_STS"] ?? environment["AWS_ENDPOINT_URL"]
            place = .webIdentity(
                WebIdentity(
                    tokenFile: file, role: role, session: environment["AWS_ROLE_SESSION_NAME"] ?? "weir",
                    endpoint: endpoint ?? "https://sts.\(region.map { $0 + "." } ?? "")amazonaws.com"))
        } else if environment["AWS_PROFILE"] != nil {
            throw SignerError(
                .unsupported,
                "AWS_PROFILE is set, and profiles are not read: unset it, or set AWS_ACCESS_KEY_ID and "
                    + "AWS_SECRET_ACCESS_KEY")
        } else if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            place = .container(url: "http://169.254.170.2\(path)", tokenFile: nil, token: nil)
        } else if let url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
            let host = URLComponents(string: url)?.host ?? ""
            // Credentials over plain HTTP only from this machine or the link's own addresses, as AWS's libraries have it.
            let local = ["127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]
            guard url.hasPrefix("https://") || (url.hasPrefix("http://") && local.contains(host)) else {
                throw SignerError(
                    .malformed, "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this machine")
            }
            place = .container(
                url: url, tokenFile: environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
                token: environment.secret("AWS_CONTAINER_AUTHORIZATION_TOKEN"))
        } else if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" {
            throw SignerError(
                .malformed, "there are no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
        } else {
            place = .machine(
                endpoint: environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254")
        }
    }

    public func current() async throws -> AWSCredentials {
        if case .fixed(let credentials) = place { return credentials }
        return try await kept.current(fetch)
    }

    private func fetch() async throws -> (value: AWSCredentials, until: Date) {
        if case .webIdentity(let identity) = place { return try await assumeRole(identity) }
        let answer = try await answer()
        guard let id = answer["AccessKeyId"]?.string, let secret = answer["SecretAccessKey"]?.string,
            let until = answer["Expiration"]?.string.flatMap({ RFC3339.parse($0) })
        else { throw SignerError(.badAnswer, "\(Self.name) answered without credentials, or without their end") }
        let credentials = AWSCredentials(
            accessKeyID: id, secretAccessKey: SecretBytes(copying: Array(secret.utf8)),
            sessionToken: answer["Token"]?.string.map { SecretBytes(copying: Array($0.utf8)) })
        return (credentials, until)
    }

    private func answer() async throws -> JSON {
        switch place {
        case .fixed, .webIdentity: return .object([])
        case .container(let url, let tokenFile, let token):
            var headers: HTTPFields = [:]
            if let token = try tokenFile.map({ try KMS.text(of: $0, for: Self.name) }) ?? token?.text {
                headers["Authorization"] = token
            }
            return try KMS.json(try await ask("GET", url, headers), from: Self.name)
        case .machine(let endpoint):
            let base = "\(endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint)/latest"
            let token = try await ask("PUT", "\(base)/api/token", ["X-aws-ec2-metadata-token-ttl-seconds": "300"])
            let headers: HTTPFields = ["X-aws-ec2-metadata-token": String(decoding: token.body, as: UTF8.self)]
            let roles = "\(base)/meta-data/iam/security-credentials/"
            let role = String(decoding: try await ask("GET", roles, headers).body, as: UTF8.self)
            guard role.wholeMatch(of: /[A-Za-z0-9+=,.@_-]+/) != nil else {
                throw SignerError(.badAnswer, "\(Self.name), the machine's metadata service, names no role")
            }
            return try KMS.json(try await ask("GET", roles + role, headers), from: Self.name)
        }
    }

    /// docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html: not signed, answered in XML.
    private func assumeRole(_ identity: WebIdentity) async throws -> (value: AWSCredentials, until: Date) {
        let fields = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", identity.role),
            ("RoleSessionName", identity.session),
            ("WebIdentityToken", try KMS.text(of: identity.tokenFile, for: Self.name)),
        ]
        let body = fields.map { "\($0)=\(URLText.encode($1))" }.joined(separator: "&")
        var request = HTTPRequest(method: "POST", url: identity.endpoint + "/", body: Array(body.utf8))
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        let response = try await KMS.send(Self.name, transport: transport, { request }, isBusy: { $0.status >= 500 })
        let text = String(decoding: response.body, as: UTF8.self)
        guard response.status == 200 else {
            let code = Self.element("Code", of: text) ?? "HTTP status \(response.status)"
            throw SignerError(.refused, "\(Self.name), STS, refused the role \(identity.role): \(code)")
        }
        guard let id = Self.element("AccessKeyId", of: text), let secret = Self.element("SecretAccessKey", of: text),
            let token = Self.element("SessionToken", of: text),
            let until = Self.element("Expiration", of: text).flatMap({ RFC3339.parse($0) })
        else { throw SignerError(.badAnswer, "\(Self.name), STS, answered without credentials, or without their end") }
        return (
            AWSCredentials(
                accessKeyID: id, secretAccessKey: SecretBytes(copying: Array(secret.utf8)),
                sessionToken: SecretBytes(copying: Array(token.utf8))), until
        )
    }

    /// The text of the first element of that name. What STS puts into these has nothing that XML would escape.
    private static func element(_ name: String, of xml: String) -> String? {
        guard let start = xml.firstRange(of: "<\(name)>")?.upperBound,
            let end = xml[start...].firstRange(of: "</\(name)>")?.lowerBound
        else { return nil }
        return xml[start..<end].trimmed()
    }

    private func ask(_ method: String, _ url: String, _ headers: HTTPFields) async throws -> HTTPResponse {
        try await KMS.ask(Self.name, transport: transport, method, url, headers)
    }
}
