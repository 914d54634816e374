import Cadence
import Encoding
import Foundation
import GRPC
import HTTP
import TestSupport
import Testing

@testable import AccessServing
@testable import Devnet
@testable import FlowClient

/// What older clients ask a node for: the websocket of events, the older gRPC service, streams from the very beginning.
@Suite(.timeLimit(.minutes(1)))
struct OlderClientsTests {
    private func withHTTP(_ body: (Int, TestChain) async throws -> Void) async throws {
        let chain = try await TestChain.withRelease(supply: 3)
        let server = HTTPAccessServer(api: chain.node)
        try await server.start()
        do {
            try await body(try #require(server.port), chain)
            await server.stop(grace: .zero)
        } catch {
            await server.stop(grace: .zero)
            throw error
        }
    }

    @Test func `the older websocket of events tells blocks in Go's own words`() async throws {
        try await withHTTP { port, chain in
            let type = "A.\(chain.platform.address.hex).NovaPass.PassCreated"
            let socket = try await HTTPClient().webSocket(
                "ws://127.0.0.1:\(port)/v1/subscribe_events?start_height=0&event_types=\(type)&heartbeat_interval=1")
            defer { socket.end() }
            var heights: [UInt64] = []
            var found: JSON?
            while found == nil, case .text(let text)? = try await socket.receive() {
                let message = try JSON(parsing: Array(text.utf8))
                #expect(message.object?.map(\.name) == ["BlockID", "Height", "Events", "BlockTimestamp"])
                heights.append(try #require(message["Height"]?.uint64))
                found = message["Events"]?.array?.first
            }
            #expect(heights.first == 0 && heights == Array(0..<UInt64(heights.count)))
            #expect(
                found?.object?.map(\.name) == ["Type", "TransactionID", "TransactionIndex", "EventIndex", "Payload"])
            #expect(found?["Type"]?.string == type)
            let payload = try #require(found?["Payload"]?.string.flatMap { Base64.decode($0) })
            #expect(String(decoding: payload, as: UTF8.self).contains("\"passID\""))
            // Whatever the client says ends it.
            try await socket.send(.text("anything"))
            while try await socket.receive() != nil {}
        }
    }

    @Test(arguments: [
        "start_height=x", "start_height=1&start_block_id=\(String(repeating: "0", count: 64))", "heartbeat_interval=-1",
        "event_types=nonsense", "start_block_id=12",
    ]) func `what cannot be read closes it with unsupported data`(query: String) async throws {
        try await withHTTP { port, _ in
            let socket = try await HTTPClient().webSocket("ws://127.0.0.1:\(port)/v1/subscribe_events?\(query)")
            defer { socket.end() }
            #expect(try await socket.receive() == nil)
            #expect(socket.closing?.code == 1003)
        }
    }

    @Test(arguments: [DevnetConfiguration.Style.emulator, .publicNode])
    func `events without a start begin at the root on the emulator, and at the head of a public node`(
        style: DevnetConfiguration.Style
    ) async throws {
        let chain = try await TestChain.make { $0.style = style }
        chain.node.makeBlocks(3)
        let devnet = Devnet(node: chain.node)
        let port = try devnet.start()
        let running = Task { try await devnet.run() }
        defer { running.cancel() }
        let client = GRPCAccessClient(target: "127.0.0.1:\(port)", tls: .cleartext)
        let head = chain.node.finalizedHeight
        let request = SubscribeEventsRequest(heartbeat: 1, encoding: .ccf)
        for try await message in client.stream(ExecutionDataMethods.subscribeEvents, request, { $0 }) {
            #expect(message.blockHeight == (style == .emulator ? 0 : head))
            break
        }
        #expect(head > 0)
    }
}
