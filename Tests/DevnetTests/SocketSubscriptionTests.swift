import Encoding
import FlowClient
import HTTP
import Signer
import Testing

@testable import AccessServing
@testable import Devnet

@Suite(.timeLimit(.minutes(2)))
struct SocketSubscriptionTests {
    private func withServer(_ body: (Int) async throws -> Void) async throws {
        var configuration = DevnetConfiguration(
            servicePublicKey: PrivateKey.generate(.ecdsaP256).publicKey, blockMaking: .onDemand)
        configuration.style = .emulator
        let node = try DevnetNode(configuration: configuration)
        node.makeBlocks(3)
        let server = HTTPAccessServer(api: node)
        try await server.start()
        do {
            try await body(try #require(server.port))
            await server.stop(grace: .zero)
        } catch {
            await server.stop(grace: .zero)
            throw error
        }
    }

    @Test func `subscriptions are listed and ended, an id is one subscription's, and twenty are enough`() async throws {
        try await withServer { port in
            let socket = try await HTTPClient().webSocket("ws://127.0.0.1:\(port)/v1/ws")
            defer { socket.end() }
            func ask(_ text: String) async throws -> JSON {
                try await socket.send(.text(text))
                while case .text(let answer)? = try await socket.receive() {
                    let message = try JSON(parsing: answer)
                    // Data of earlier subscriptions comes between.
                    if message["action"] != nil { return message }
                }
                return .null
            }
            func subscribe(_ id: String) async throws -> JSON {
                try await ask(
                    #"{"action":"subscribe","subscription_id":"\#(id)","topic":"block_digests","arguments":{"block_status":"sealed"}}"#
                )
            }
            #expect(try await ask(#"{"action":"list_subscriptions"}"#)["subscriptions"]?.isNull == true)
            #expect(try await subscribe("a")["error"] == nil)
            #expect(try await subscribe("a")["error"]?["code"] == 400)
            #expect(try await subscribe(String(repeating: "x", count: 21))["error"]?["code"] == 400)
            let listed = try await ask(#"{"action":"list_subscriptions"}"#)
            #expect(listed["subscriptions"]?.array?.map { $0["subscription_id"] } == ["a"])
            #expect(try await ask(#"{"action":"unsubscribe","subscription_id":"b"}"#)["error"]?["code"] == 404)
            #expect(try await ask(#"{"action":"unsubscribe","subscription_id":"a"}"#)["error"] == nil)
            #expect(try await ask(#"{"action":"list_subscriptions"}"#)["subscriptions"]?.isNull == true)
            for number in 0..<20 { #expect(try await subscribe("s\(number)")["error"] == nil) }
            #expect(try await subscribe("s20")["error"]?["code"] == 429)
        }
    }
}
