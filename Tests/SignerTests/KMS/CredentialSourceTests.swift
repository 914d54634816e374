import Encoding
import Foundation
import HTTP
import Secrets
import Synchronization
import Testing

@testable import Signer

/// Where the credentials for key management services come from, when nobody writes them into variables.
struct CredentialSourceTests {
    /// Answers by address, and remembers what was asked.
    private final class Service: Sendable {
        let asked = Mutex<[String]>([])
        let answer: @Sendable (HTTPRequest) throws -> HTTPResponse

        init(_ answer: @escaping @Sendable (HTTPRequest) throws -> HTTPResponse) { self.answer = answer }

        var transport: KMSTransport {
            { request, _ in
                self.asked.withLock { $0.append("\(request.method) \(request.url)") }
                return try self.answer(request)
            }
        }
        var count: Int { asked.withLock { $0.count } }
    }

    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    private static func credentials(_ id: String, until: String = "2027-01-15T09:00:00Z") -> HTTPResponse {
        let json: JSON = [
            "AccessKeyId": .string(id), "SecretAccessKey": "hush-hush", "Token": "token", "Expiration": .string(until),
        ]
        return HTTPResponse(status: 200, body: json.bytes)
    }

    @Test func `a machine's role is asked for with a session token, and again before it ends`() async throws {
        let clock = Mutex(Self.start)
        let service = Service { request in
            switch (request.method, request.url) {
            case ("PUT", "http://169.254.169.254/latest/api/token"):
                #expect(request.headers["X-aws-ec2-metadata-token-ttl-seconds"] == "300")
                return HTTPResponse(status: 200, body: Array("session".utf8))
            case ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/"):
                #expect(request.headers["X-aws-ec2-metadata-token"] == "session")
                return HTTPResponse(status: 200, body: Array("weir-role".utf8))
            case ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/weir-role"):
                #expect(request.headers["X-aws-ec2-metadata-token"] == "session")
                return Self.credentials("ASIA")
            default: return HTTPResponse(status: 404)
            }
        }
        let source = try AWSCredentialSource(
            environment: [:], transport: service.transport, now: { clock.withLock { $0 } })
        let found = try await source.current()
        #expect(found.accessKeyID == "ASIA" && found.sessionToken?.text == "token")
        #expect(!"\(found)".contains("hush"))
        _ = try await source.current()
        #expect(service.count == 3)
        // The credentials end at 1_800_003_600.
        clock.withLock { $0 += 3_290 }
        _ = try await source.current()
        #expect(service.count == 3)
        clock.withLock { $0 += 20 }
        _ = try await source.current()
        #expect(service.count == 6)
    }

    @Test func `a container's endpoint is asked with its token`() async throws {
        let folder = try TemporaryFolder()
        try "from-file\n".write(toFile: folder.path + "/token", atomically: true, encoding: .utf8)
        let service = Service { request in
            #expect(request.headers["Authorization"] == "from-file")
            return Self.credentials("ECS")
        }
        let source = try AWSCredentialSource(
            environment: [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": folder.path + "/token",
            ], transport: service.transport, now: { Self.start })
        #expect(try await source.current().accessKeyID == "ECS")
        let relative = Service { _ in Self.credentials("REL") }
        let other = try AWSCredentialSource(
            environment: ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"], transport: relative.transport,
            now: { Self.start })
        #expect(try await other.current().accessKeyID == "REL")
        #expect(relative.asked.withLock { $0 } == ["GET http://169.254.170.2/v2/x"])
    }

    @Test func `variables come first, and half of them is a mistake`() async throws {
        let nobody = Service { _ in throw HTTPError(.timedOut, "asked") }
        let source = try AWSCredentialSource(
            environment: ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"], transport: nobody.transport)
        #expect(try await source.current().accessKeyID == "A")
        #expect(nobody.count == 0)
        for environment in [
            ["AWS_ACCESS_KEY_ID": "A"], ["AWS_SECRET_ACCESS_KEY": "s"],
            ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.org/x"], ["AWS_EC2_METADATA_DISABLED": "true"],
        ] {
            #expect(throws: SignerError.self) {
                try AWSCredentialSource(environment: ProcessEnvironment(environment), transport: nobody.transport)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a source that is away or talks nonsense is said to be that`() async throws {
        func code(_ answer: @escaping @Sendable (HTTPRequest) throws -> HTTPResponse) async throws -> SignerError.Code?
        {
            let source = try AWSCredentialSource(
                environment: ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"], transport: Service(answer).transport)
            do {
                _ = try await source.current()
                return nil
            } catch let error as SignerError {
                #expect(!error.description.contains("hush"))
                return error.code
            }
        }
        #expect(try await code { _ in throw HTTPError(.timedOut, "after 5 s") } == .unavailable)
        #expect(try await code { _ in HTTPResponse(status: 500) } == .unavailable)
        #expect(try await code { _ in HTTPResponse(status: 403) } == .refused)
        #expect(try await code { _ in HTTPResponse(status: 200, body: Array("<html>".utf8)) } == .badAnswer)
        #expect(try await code { _ in Self.credentials("A", until: "soon") } == .badAnswer)
        let role = Service { request in
            HTTPResponse(status: 200, body: Array((request.method == "PUT" ? "t" : "a\nb").utf8))
        }
        let source = try AWSCredentialSource(environment: [:], transport: role.transport)
        let error = await #expect(throws: SignerError.self) { try await source.current() }
        #expect(error?.code == .badAnswer)
    }

    @Test func `Google's token comes from a variable, a file that is read each time, or the machine`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/token"
        let clock = Mutex(Self.start)
        let service = Service { request in
            #expect(request.headers["Metadata-Flavor"] == "Google")
            return HTTPResponse(status: 200, body: Array(#"{"access_token":"m","expires_in":3600}"#.utf8))
        }
        func source(_ environment: ProcessEnvironment) throws -> GoogleTokenSource {
            try GoogleTokenSource(
                environment: environment, transport: service.transport, now: { clock.withLock { $0 } })
        }
        #expect(try await source(["GOOGLE_OAUTH_ACCESS_TOKEN": "v"]).current() == "v")
        let file = try source(["GOOGLE_OAUTH_ACCESS_TOKEN_FILE": path])
        let missing = await #expect(throws: SignerError.self) { try await file.current() }
        #expect(missing?.code == .unavailable)
        for text in ["one", "two"] {
            try "\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try await file.current() == text)
        }
        let machine = try source(["GCE_METADATA_HOST": "127.0.0.1:9"])
        for _ in 0..<3 { #expect(try await machine.current() == "m") }
        #expect(service.count == 1)
        clock.withLock { $0 += 3541 }
        _ = try await machine.current()
        #expect(service.count == 2)
        let unread = #expect(throws: SignerError.self) { try source(["GOOGLE_APPLICATION_CREDENTIALS": "x"]) }
        #expect(unread?.code == .unsupported)
    }
}

/// A web identity's token, as Kubernetes gives it to a pod.
struct WebIdentityTests {
    private static let answer = """
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
        <Credentials><AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>hush/hush+=</SecretAccessKey>
        <SessionToken>token==</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration></Credentials>
        </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
        """

    private static func withToken(_ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "weir-token-" + UUID().uuidString.prefix(8)
        try "ey.J+/\n".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test func `a web identity's role is taken on, and the machine's is never asked for`() async throws {
        try await Self.withToken { (path) async throws in
            let bodies = Mutex<[String]>([])
            let source = try AWSCredentialSource(
                environment: [
                    "AWS_WEB_IDENTITY_TOKEN_FILE": path, "AWS_ROLE_ARN": "arn:aws:iam::1:role/weir",
                    "AWS_REGION": "eu-central-1",
                ],
                transport: { request, _ in
                    guard request.url == "https://sts.eu-central-1.amazonaws.com/", request.method == "POST" else {
                        return HTTPResponse(status: 500)
                    }
                    bodies.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
                    return HTTPResponse(status: 200, body: Array(Self.answer.utf8))
                }, now: { Date(timeIntervalSince1970: 1_800_000_000) })
            let found = try await source.current()
            #expect(found.accessKeyID == "ASIAWEB" && found.sessionToken?.text == "token==")
            _ = try await source.current()
            #expect(
                bodies.withLock { $0 } == [
                    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fweir&RoleSessionName=weir&WebIdentityToken=ey.J%2B%2F"
                ])
        }
    }

    @Test func `a role that is refused is said with STS' own code`() async throws {
        try await Self.withToken { (path) async throws in
            let source = try AWSCredentialSource(
                environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": path, "AWS_ROLE_ARN": "r"],
                transport: { _, _ in
                    HTTPResponse(status: 403, body: Array("<Error><Code>AccessDenied</Code></Error>".utf8))
                })
            let error = await #expect(throws: SignerError.self) { try await source.current() }
            #expect(error?.code == .refused && error?.message.contains("AccessDenied") == true)
        }
    }

    @Test(arguments: [
        ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token"], ["AWS_PROFILE": "prod"],
    ]) func `what cannot be used as it is meant is refused, and no other identity taken`(variables: [String: String]) {
        #expect(throws: SignerError.self) {
            try AWSCredentialSource(
                environment: ProcessEnvironment(variables), transport: { _, _ in HTTPResponse(status: 200) })
        }
    }

    @Test func `what may have been done is not asked for again`() async throws {
        let asked = Mutex(0)
        let error = await #expect(throws: SignerError.self) {
            try await KMS.send(
                "KMS",
                transport: { _, _ in
                    asked.withLock { $0 += 1 }
                    throw HTTPError(.timedOut, "no answer")
                }, isRepeatable: false, { HTTPRequest(url: "https://kms.example") }, isBusy: { _ in false })
        }
        #expect(asked.withLock { $0 } == 1)
        #expect(error?.message.contains("whether it was done is not known") == true)
    }
}
