import Daemon
import GRPC
import Testing

@testable import AccessServing
@testable import FlowClient

@Suite(.timeLimit(.minutes(1)))
struct GRPCAccessTests {
    /// A client to a server that answers from `api`, for the length of a test.
    private func withClient<R: Sendable>(
        _ api: any AccessAPI, deadline: Duration = .seconds(30), _ body: @Sendable (GRPCAccessClient) async throws -> R
    ) async throws -> R {
        let server = AccessServer(api: api)
        let port = try server.start()
        return try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            return try await body(GRPCAccessClient(target: "127.0.0.1:\(port)", deadline: deadline))
        }
    }

    @Test func `every call says over gRPC what it says in process: arguments, answers, metadata, streams`() async throws
    {
        let node = FilledAccess()
        try await withClient(node) { client in
            for call in allCalls {
                do {
                    let direct = try await call.body(node)
                    let remote = try await call.body(client)
                    // Which execution nodes answered is told by all but these; the reference to a head is not the node's to know.
                    let told =
                        call.name.hasPrefix("nodeVersionInfo") || call.name.hasPrefix("networkParameters")
                        || call.name.contains("protocolStateSnapshot latest")
                    if told {
                        #expect(remote.split(separator: " [")[0] == direct.split(separator: " [")[0], "\(call.name)")
                    } else {
                        #expect(remote == direct, "\(call.name)")
                    }
                } catch let error as AccessError {
                    #expect(call.name == "executeScript latestFinalized", "\(call.name): \(error)")
                    #expect(error.code == .invalidArgument)
                }
            }
        }
    }

    @Test func `every refusal comes through with its code and words`() async throws {
        for code in (1...16).compactMap({ AccessError.Code(rawValue: $0) }) {
            let node = TestNode(.init(down: AccessError(code, "Grüße: \(code)")))
            try await withClient(node) { client in
                let error = await #expect(throws: AccessError.self) { try await client.blockHeader(.height(1)) }
                #expect(error?.code == code)
                #expect(error?.message == "Grüße: \(code)")
                #expect(error?.method == "/flow.access.AccessAPI/GetBlockHeaderByHeight")
                #expect(error?.node == client.node)
            }
        }
    }

    @Test func `a node that asks to be left alone says for how long`() async throws {
        var refusal = AccessError(.resourceExhausted, "slow down")
        refusal.retryAfter = .seconds(3)
        try await withClient(TestNode(.init(down: refusal))) { client in
            let error = await #expect(throws: AccessError.self) { try await client.blockHeader(.height(1)) }
            #expect(error?.retryAfter == .seconds(3))
        }
    }

    @Test func `a node that does not answer is given up at the deadline, the client's or the scope's`() async throws {
        try await withClient(TestNode(.init(hold: HoldGate()))) { client in
            let error = await #expect(throws: AccessError.self) {
                try await CallDeadline.$current.withValue(.milliseconds(50)) {
                    try await client.blockHeader(.height(1))
                }
            }
            #expect(error?.code == .deadlineExceeded)
        }
        try await withClient(TestNode(.init(hold: HoldGate())), deadline: .milliseconds(50)) { client in
            let error = await #expect(throws: AccessError.self) { try await client.blockHeader(.height(1)) }
            #expect(error?.code == .deadlineExceeded)
        }
    }

    @Test func `cancelling the task cancels the call and throws nothing else`() async throws {
        let node = TestNode(.init(hold: HoldGate()))
        try await withClient(node) { client in
            let call = Task { try await client.blockHeader(.height(1)) }
            while node.count == 0 { await Task.yield() }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
    }

    @Test func `a stream's failure is an access error, and leaving a stream ends it at the node`() async throws {
        let failing = TestNode(.init(connections: [[.block(1), .fail(AccessError(.dataLoss, "torn"))]]))
        try await withClient(failing) { client in
            var seen = 0
            let error = await #expect(throws: AccessError.self) {
                for try await _ in client.subscribeBlockHeaders(from: .height(1), status: .sealed) { seen += 1 }
            }
            #expect(seen == 1)
            #expect(error?.code == .dataLoss && error?.message == "torn")
        }
        let endless = TestNode(.init(head: 3))
        try await withClient(endless) { client in
            for try await header in client.subscribeBlockHeaders(from: .height(1), status: .sealed)
            where header.height == 3 { break }
        }
    }

    @Test func `answers that are not what they should be are data loss, with the field's name`() async throws {
        let answers: [String: [UInt8]] = [
            "GetBlockHeaderByHeight": [0x0a, 5, 0x0a, 3, 1, 2, 3],
            "GetLatestBlockHeader": [],
            "GetNetworkParameters": [0x0a, 9, 1],
            "SendTransaction": [0x0a, 1, 7],
        ]
        let server = GRPCServer { path in
            answers[String(path.split(separator: "/").last!)].map { answer in .unary { _, _ in answer } }
        }
        let port = try server.start()
        await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            let client = GRPCAccessClient(target: "127.0.0.1:\(port)")
            func message(_ body: () async throws -> some Any) async -> String {
                do {
                    _ = try await body()
                    return "it was believed"
                } catch {
                    guard let error = error as? AccessError, error.code == .dataLoss else { return "\(error)" }
                    return error.message
                }
            }
            #expect(
                await message { try await client.blockHeader(.height(1)) }
                    == "protobuf: an id of 3 bytes, where one has 32, at byte 3 in block.id")
            #expect(await message { try await client.blockHeader(.latestSealed) } == "the answer has no block")
            #expect(
                await message { try await client.networkParameters() }
                    == "protobuf: a value is cut off, at byte 1 in chain_id")
            #expect(
                await message { try await client.send(Transaction()) }
                    == "protobuf: an id of 1 bytes, where one has 32, at byte 1 in id")
            #expect(await message { try await client.ping() } != "it was believed")
        }
    }

    @Test func `requests that cannot be read are invalid arguments`() async throws {
        let server = AccessServer(api: FilledAccess())
        let port = try server.start()
        await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            for (method, request) in [
                ("GetBlockByID", [0x0a, 3, 1, 2, 3] as [UInt8]), ("GetBlockByHeight", [0x08]), ("SendTransaction", []),
                ("GetEventsForHeightRange", [0x10, 9, 0x18, 3]), ("SubscribeBlocksFromStartBlockID", [0x0a, 1, 1]),
            ] {
                let error = await #expect(throws: GRPCError.self) {
                    try await channel.unary("/flow.access.AccessAPI/\(method)", request)
                }
                #expect(error?.code == .invalidArgument, "\(method)")
            }
        }
    }
}
