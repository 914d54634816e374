import HTTP
import PlatformBridge
import Testing

struct AdmissionTests {
    private static func status(
        _ headers: HTTPFields, token: String? = nil, hosts: [String] = [], method: String = "POST",
        target: String = "/v1/operations"
    ) -> Int? {
        Admission(token: token.map { OwnerToken($0) }, hosts: hosts)
            .refusal(HTTPRequestHead(method: method, target: target, headers: headers))?.status
    }

    private static func post(_ more: HTTPFields) -> HTTPFields {
        var headers: HTTPFields = ["Host": "127.0.0.1:8480", "Content-Type": "application/json", "Content-Length": "2"]
        for field in more { headers[field.name] = field.value }
        return headers
    }

    @Test func `a caller that is no browser is let in`() {
        #expect(Self.status(Self.post([:])) == nil)
        #expect(Self.status(["Host": "localhost:8480"], method: "GET") == nil)
        #expect(Self.status(["Host": "[::1]:8480"], method: "GET") == nil)
        #expect(Self.status([:], method: "GET", target: "/healthz") == nil)
        #expect(Self.status(["Host": "127.0.0.1", "Content-Length": "0"]) == nil)
    }

    @Test(arguments: ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"])
    func `a body says that it is JSON`(type: String) {
        #expect(Self.status(Self.post(["Content-Type": type])) == nil)
    }

    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "text/json", "application/jsonp",
    ])
    func `what a page may send anywhere without asking is refused`(type: String) {
        #expect(Self.status(Self.post(["Content-Type": type])) == 415)
        #expect(Self.status(Self.post(["Content-Type": type]), token: "t") == 401)
    }

    @Test(arguments: [
        "http://evil.example", "https://127.0.0.1.evil.example", "null", "http://127.0.0.1:9999", "file://",
        "http://localhost:8480",
    ]) func `a page of another origin is refused, with a body or without`(origin: String) {
        #expect(Self.status(Self.post(["Origin": origin])) == 403)
        #expect(Self.status(["Host": "127.0.0.1:8480", "Origin": origin]) == 403)
        #expect(
            Self.status(["Host": "127.0.0.1:8480", "Origin": origin, "Authorization": "Bearer t"], token: "t") == 403)
    }

    @Test func `the port's own page, and those of names that are its own, may`() {
        #expect(Self.status(Self.post(["Origin": "http://127.0.0.1:8480"])) == nil)
        #expect(
            Self.status(Self.post(["Host": "ops.example", "Origin": "https://ops.example"]), hosts: ["OPS.example"])
                == nil)
        #expect(Self.status(Self.post(["Origin": "https://ops.example"]), hosts: ["ops.example"]) == nil)
    }

    @Test func `a form of another site is refused though it sends no Origin`() {
        #expect(Self.status(["Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site"]) == 403)
        let link: HTTPFields = ["Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"]
        #expect(Self.status(link, method: "GET", target: "/") == nil)
        #expect(Self.status(link) == 403)
    }

    @Test(arguments: [
        "evil.example", "evil.example:8480", "127.0.0.1.evil.example", "localhost.evil.example", "1.2.3", "a:b:c", "",
    ])
    func `without a token a name that could be pointed here is refused`(host: String) {
        #expect(Self.status(["Host": host], method: "GET") == 421)
        #expect(Self.status(["Host": host], method: "GET", target: "/metrics") == 421)
    }

    @Test func `with a token any name may be used, and nothing of v1 without the token`() {
        #expect(
            Self.status(["Host": "weir.svc", "Authorization": "Bearer secret"], token: "secret", method: "GET") == nil)
        #expect(
            Self.status(["Host": "weir.svc", "Authorization": "token secret"], token: "secret", method: "GET") == nil)
        for wrong in ["Bearer", "Bearer ", "Bearer secre", "Bearer secret2", "Basic secret", ""] {
            #expect(Self.status(["Host": "x", "Authorization": wrong], token: "secret", method: "GET") == 401)
        }
        // However the path is written.
        for target in ["/v1/sync", "//v1/sync", "/%761/sync", "/v1?x", "http://x/v1/sync"] {
            #expect(Self.status(["Host": "x"], token: "secret", method: "GET", target: target) == 401, "\(target)")
        }
        #expect(Self.status(["Host": "x"], token: "secret", method: "GET", target: "/healthz") == nil)
    }
}
