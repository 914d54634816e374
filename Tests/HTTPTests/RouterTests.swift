import HTTP
import Testing

struct RouterTests {
    var router: Router {
        var router = Router()
        let show: Router.Handler = { request in
            .text(
                request.method + " "
                    + request.parameters.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: ","))
        }
        router.get("/", show)
        router.get("/v1/tokens/{id}", show)
        router.get("/v1/tokens/mine") { _ in .text("mine") }
        router.post("/v1/tokens/{id}", show)
        router.get("/v1/wallets/{address}/tokens/{id}", show)
        router.get("/static/{path...}", show)
        return router
    }

    func ask(_ method: String, _ target: String) async throws -> String {
        let request = try HTTPServerRequest(method: method, target: target)
        let response = try await router.respond(to: request)
        if case .bytes(let bytes) = response.body { return String(decoding: bytes, as: UTF8.self) }
        return ""
    }

    @Test(arguments: [
        ("GET", "/", "GET "), ("GET", "/v1/tokens/7", "GET id=7"), ("POST", "/v1/tokens/a%2Fb", "POST id=a/b"),
        ("GET", "/v1/tokens/mine", "mine"), ("GET", "/v1/wallets/0x1/tokens/2?x=1", "GET address=0x1,id=2"),
        ("GET", "/static/a/b.css", "GET path=a/b.css"), ("HEAD", "/v1/tokens/7", "HEAD id=7"),
        ("GET", "/v1/tokens/7/", "GET id=7"),
    ])
    func `a path finds its handler and its parameters`(method: String, target: String, says: String) async throws {
        #expect(try await ask(method, target) == says)
    }

    @Test(arguments: ["/v1", "/v1/tokens", "/v2/tokens/7", "/v1/tokens/7/8", "/static"])
    func `what is not there is a 404 problem`(target: String) async throws {
        let problem = await #expect(throws: ProblemDocument.self) { try await ask("GET", target) }
        #expect(problem?.status == 404)
    }

    @Test func `another method is a 405 that says which there are`() async throws {
        let problem = await #expect(throws: ProblemDocument.self) { try await ask("DELETE", "/v1/tokens/7") }
        #expect(problem?.status == 405)
        #expect(problem?.headers["Allow"] == "GET, HEAD, POST, OPTIONS")
        let options = try await router.respond(to: HTTPServerRequest(method: "OPTIONS", target: "/static/x"))
        #expect(options.status == 204)
        #expect(options.headers["Allow"] == "GET, HEAD, OPTIONS")
    }

    @Test func `a fallback answers the rest`() async throws {
        var router = router
        router.otherwise { _ in .text("fallback") }
        let response = try await router.respond(to: HTTPServerRequest(method: "GET", target: "/nowhere"))
        #expect(response.status == 200)
    }
}
