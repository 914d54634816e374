import Devnet
import FlowClient
import HTTP
import Testing

/// A browser's clients reach the HTTP API from pages of any origin, as they reach an access node.
@Suite(.timeLimit(.minutes(1)))
struct CrossOriginTests {
    private func asking(_ body: @Sendable (HTTPClient, String) async throws -> Void) async throws {
        let devnet = try Devnet(configuration: Keys.configuration)
        let port = try await devnet.startHTTP()
        let running = Task { try await devnet.run() }
        defer { running.cancel() }
        try await body(HTTPClient(), "http://127.0.0.1:\(port)")
    }

    @Test(arguments: ["/v1/blocks?height=sealed", "/v1/blocks?height=x", "/v1/nothing"])
    func `answers and refusals may be read by any page, and say nothing of it to who is none`(path: String) async throws
    {
        try await asking { (client, url) async throws in
            let page = try await client.get(url + path, headers: ["Origin": "https://app.example"])
            #expect(page.headers["Access-Control-Allow-Origin"] == "*")
            let plain = try await client.get(url + path)
            #expect(plain.headers["Access-Control-Allow-Origin"] == nil)
            #expect(plain.status == page.status)
        }
    }

    @Test func `a preflight is answered with the methods and the headers`() async throws {
        try await asking { (client, url) async throws in
            let answer = try await client.send(
                HTTPRequest(
                    method: "OPTIONS", url: url + "/v1/transactions",
                    headers: [
                        "Origin": "null", "Access-Control-Request-Method": "POST",
                        "Access-Control-Request-Headers": "content-type",
                    ]))
            #expect(answer.status == 204)
            #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
            #expect(answer.headers["Access-Control-Allow-Methods"]?.contains("POST") == true)
            #expect(answer.headers["Access-Control-Allow-Headers"] == "content-type")
        }
    }
}
