import Encoding
public import FoundationEssentials
import HTTP

/// AWS KMS by its JSON protocol: an operation is a POST of one JSON object.
public struct AWSKMSClient: Sendable {
    /// Such as https://kms.eu-central-1.amazonaws.com, which is the default.
    public let endpoint: String
    private let region: String
    private let host: String
    private let credentials: @Sendable () async throws -> AWSCredentials
    private let transport: KMSTransport
    private let now: @Sendable () -> Date
    static let name = "AWS KMS"

    /// - Parameter credentials: asked before each call, so that temporary ones can be renewed.
    public init(
        region: String, endpoint: String? = nil, credentials: @escaping @Sendable () async throws -> AWSCredentials,
        transport: @escaping KMSTransport, now: @escaping @Sendable () -> Date = { Date() }
    ) throws(SignerError) {
        let endpoint = endpoint ?? "https://kms.\(region).amazonaws.com"
        guard let parts = URLComponents(string: endpoint), let host = parts.host,
            ["http", "https"].contains(parts.scheme)
        else { throw SignerError(.malformed, "the address of AWS KMS is no http or https address") }
        self.endpoint = endpoint
        self.region = region
        self.host = parts.port.map { "\(host):\($0)" } ?? host
        self.credentials = credentials
        self.transport = transport
        self.now = now
    }

    /// - Parameter isRepeatable: false for what would be done twice where an answer is lost: AWS KMS makes a second key then.
    func call(_ operation: String, _ body: JSON, isRepeatable: Bool = true) async throws -> JSON {
        let response = try await KMS.send(
            Self.name, transport: transport, isRepeatable: isRepeatable, { try await request(operation, body) },
            isBusy: { $0.status >= 500 || Self.busy.contains(Self.errorType($0) ?? "") })
        guard response.status == 200 else { throw Self.error(response, operation) }
        // Some operations answer nothing.
        if response.body.isEmpty || response.body == Array("null".utf8) { return .object([]) }
        return try KMS.json(response, from: Self.name)
    }

    private func request(_ operation: String, _ body: JSON) async throws -> HTTPRequest {
        var request = HTTPRequest(
            method: "POST", url: endpoint.hasSuffix("/") ? endpoint : endpoint + "/",
            headers: ["Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.\(operation)"],
            body: body.bytes)
        SigV4(credentials: try await credentials(), region: region, service: "kms").sign(
            &request, host: host, at: now())
        return request
    }

    private static let busy: Set<String> = [
        "ThrottlingException", "LimitExceededException", "DependencyTimeoutException", "KMSInternalException",
        "KeyUnavailableException",
    ]

    private static func errorType(_ response: HTTPResponse) -> String? {
        guard response.status != 200, let json = try? JSON(parsing: response.body), let type = json["__type"]?.string
        else {
            return nil
        }
        return type.split(separator: "#").last.map(String.init)
    }

    private static func error(_ response: HTTPResponse, _ operation: String) -> SignerError {
        guard let type = errorType(response) else {
            return SignerError(
                .badAnswer, "\(name) answered \(operation) with HTTP status \(response.status) and no reason")
        }
        let code: SignerError.Code =
            switch type {
            case "NotFoundException": .keyNotFound
            case "AlreadyExistsException": .keyExists
            case "DisabledException", "KMSInvalidStateException", "InvalidKeyUsageException": .keyUnusable
            default: .refused
            }
        return SignerError(code, "\(name) refused \(operation): \(type)")
    }
}
