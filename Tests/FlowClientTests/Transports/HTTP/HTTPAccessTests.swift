import Daemon
import HTTP
import Synchronization
import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

@Suite(.timeLimit(.minutes(2)))
struct HTTPAccessTests {
    @Test(arguments: [
        (400, "Invalid Flow argument: no", AccessError.Code.invalidArgument, "no"),
        (400, "Precondition failed: an index is being built", .failedPrecondition, "an index is being built"),
        (400, "Out of range: too high", .outOfRange, "too high"),
        (400, "Cadence error: [Error Code: 1101] x", .invalidArgument, "[Error Code: 1101] x"),
        (400, "invalid address", .invalidArgument, "invalid address"),
        (401, "who", .unauthenticated, "who"), (403, "no", .permissionDenied, "no"),
        (404, "Flow resource not found: gone", .notFound, "gone"), (405, "no", .unimplemented, "no"),
        (408, "late", .deadlineExceeded, "late"), (409, "again", .aborted, "again"),
        (413, "request size exceeds maximum allowed", .invalidArgument, "request size exceeds maximum allowed"),
        (429, "slow down", .resourceExhausted, "slow down"),
        (500, "internal server error", .unknown, "internal server error"),
        (500, "Invalid Flow request: [Failure Code: 2000] broken", .internal, "[Failure Code: 2000] broken"),
        (501, "no", .unimplemented, "no"), (502, "bad", .unavailable, "bad"),
        (503, "Failed to process request: busy", .unavailable, "busy"), (504, "late", .deadlineExceeded, "late"),
    ])
    func `a refusal has gRPC's code and the node's words`(
        status: Int, message: String, code: AccessError.Code, words: String
    ) async throws {
        try await withHTTPNode { _ in
            NodeBody.error(status, message)
        } _: { (client, _) async throws in
            let error = await #expect(throws: AccessError.self) { try await client.networkParameters() }
            #expect(error?.code == code && error?.message == words)
            #expect(error?.method == "GET /v1/network/parameters" && error?.node == client.node)
        }
    }

    @Test(arguments: [
        (429, "<html>\r\n<b>Too Many</b>", AccessError.Code.resourceExhausted, "HTTP 429 <html><b>Too Many</b>"),
        (502, "", .unavailable, "HTTP 502 Bad Gateway"),
        (504, "{\"error\":1}", .deadlineExceeded, "HTTP 504 {\"error\":1}"),
        (500, "", .internal, "HTTP 500 with nothing more: so nodes answer what is larger than they may send"),
        (302, "", .unknown, "HTTP 302 Found"), (204, "", .unknown, "HTTP 204 No Content"),
    ])
    func `what a proxy says is told as far as it can be shown`(
        status: Int, body: String, code: AccessError.Code, words: String
    ) async throws {
        try await withHTTPNode { _ in
            HTTPServerResponse(
                status: status, headers: ["Retry-After": "3", "Content-Type": "text/html"],
                body: .bytes(Array(body.utf8)))
        } _: { (client, _) async throws in
            let error = await #expect(throws: AccessError.self) { try await client.networkParameters() }
            #expect(error?.code == code && error?.message == words)
            #expect(error?.retryAfter == .seconds(3))
        }
    }

    @Test func `a node that does not answer is given up at the deadline, the client's or the scope's`() async throws {
        let silent: HTTPServer.Handler = { _ in
            try await Task.sleep(for: .seconds(3600))
            return .noContent
        }
        try await withHTTPNode(answer: silent) { (client, _) async throws in
            let error = await #expect(throws: AccessError.self) {
                try await CallDeadline.$current.withValue(.milliseconds(50)) { try await client.networkParameters() }
            }
            #expect(error?.code == .deadlineExceeded)
        }
        try await withHTTPNode(deadline: .milliseconds(50), answer: silent) { (client, _) async throws in
            let error = await #expect(throws: AccessError.self) { try await client.networkParameters() }
            #expect(error?.code == .deadlineExceeded)
        }
    }

    @Test func `the requests of one call share its deadline`() async throws {
        // Each answer takes a third of it: the fourth would come too late.
        try await withHTTPNode(deadline: .milliseconds(600)) { request in
            try await Task.sleep(for: .milliseconds(250))
            return .json(.array([]))
        } _: { (client, asked) async throws in
            let ids = (0..<500).map { BlockID.number(UInt64($0)) }
            let error = await #expect(throws: AccessError.self) {
                try await client.events(ofType: "flow.AccountCreated", blockIDs: ids, encoding: .jsonCDC)
            }
            #expect(error?.code == .deadlineExceeded)
            #expect(asked.all.count <= 4)
        }
    }

    @Test func `cancelling the task cancels the call, at the node too, and throws nothing else`() async throws {
        let (begun, ended) = (OnceGate(), OnceGate())
        try await withHTTPNode { _ in
            begun.open()
            do { try await Task.sleep(for: .seconds(3600)) } catch { ended.open() }
            return .noContent
        } _: { (client, _) async throws in
            let call = Task { try await client.networkParameters() }
            await begun.wait()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            await ended.wait()
        }
    }

    @Test func `that a node is gone, and back, is logged once each`() async throws {
        let isTorn = Mutex(false)
        try await withHTTPNode { _ in
            isTorn.withLock { $0 } ? HTTPServerResponse(body: .stream(.init(Torn()))) : NodeBody.parameters
        } _: { (other, _) async throws in
            let log = RecordingLogSink()
            let client = try HTTPAccessClient(url: "http://\(other.node)", logger: Logger(sink: log))
            for torn in [false, true, true, true, false, false, true] {
                isTorn.withLock { $0 = torn }
                _ = try? await client.networkParameters()
            }
            #expect(
                log.all.map(\.message) == [
                    "the node cannot be reached", "the node can be reached again", "the node cannot be reached",
                ])
            #expect(log.all.allSatisfy { $0.metadata["http.node"] == client.node })
        }
    }

    @Test func `an answer that breaks off, and a node that is not there, are unavailable`() async throws {
        var gone: HTTPAccessClient?
        try await withHTTPNode { _ in
            HTTPServerResponse(body: .stream(.init(Torn())))
        } _: { (client, _) async throws in
            let error = await #expect(throws: AccessError.self) { try await client.networkParameters() }
            #expect(error?.code == .unavailable)
            #expect(error?.verdict == .sameBytesAgain)
            gone = client
        }
        let error = await #expect(throws: AccessError.self) { try await gone!.networkParameters() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains(gone!.node) == true)
    }

    @Test func `an answer of twenty megabytes is taken, one over the limit refused in words that no waiting follows`()
        async throws
    {
        let source = Base64.encode([UInt8](repeating: 0x20, count: 15 << 20))
        let answer: HTTPServer.Handler = { _ in
            .json([
                "address": "0000000000000001", "balance": "1", "contracts": ["Long": .string(source)],
                "_expandable": [:],
            ])
        }
        try await withHTTPNode(answer: answer) { (client, _) async throws in
            let account = try await client.account(Address(rawValue: 1), at: .latest).value
            #expect(account.contracts["Long"]?.count == 15 << 20)
        }
        var options = HTTPAccessClient.Options()
        options.maximumMessageBytes = 4 << 20
        try await withHTTPNode(options: options, answer: answer) { (client, _) async throws in
            let error = await #expect(throws: AccessError.self) {
                try await client.account(Address(rawValue: 1), at: .latest)
            }
            #expect(error?.code == .resourceExhausted)
            #expect(error?.verdict == .split)
        }
    }

    @Test func `calls one after the other use one connection`() async throws {
        try await withHTTPNode { _ in
            NodeBody.parameters
        } _: { (client, asked) async throws in
            for _ in 0..<20 { #expect(try await client.networkParameters().value == .testnet) }
            #expect(Set(asked.all.map(\.remoteAddress)).count == 1)
        }
    }

    @Test func `sixty-four calls at once all come back`() async throws {
        try await withHTTPNode { request in
            .json(.array([NodeBody.block(UInt64(request.query("height") ?? "") ?? 0, payload: false)]))
        } _: { (client, asked) async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for height in 1...64 as ClosedRange<UInt64> {
                    group.addTask {
                        let header = try await client.blockHeader(.height(BlockHeight(height))).value
                        #expect(header.height.rawValue == height)
                    }
                }
                try await group.waitForAll()
            }
            #expect(asked.all.count == 64)
        }
    }

    // MARK: What is asked, and what is believed

    @Test func `each call asks the route that the API has for it`() async throws {
        let asking = Mutex<String>("")
        try await withHTTPNode { request in
            let body = request.body.isEmpty ? "" : " " + String(decoding: request.body, as: UTF8.self)
            asking.withLock { $0 = "\(request.method) \(request.target)\(body)" }
            return NodeBody.error(400, "no")
        } _: { (client, _) async throws in
            func asked(_ body: () async throws -> some Any) async -> String {
                asking.withLock { $0 = "nothing" }
                _ = try? await body()
                return asking.withLock { $0 }
            }
            let (id, block, collection) = (
                TransactionID.number(1), BlockID.number(2), CollectionID(raw: BlockID.number(3).raw)
            )
            let address = Address(rawValue: 0x0102_0304_0506_0708)
            let (i, b, c) = (NodeBody.hex(1), NodeBody.hex(2), NodeBody.hex(3))
            #expect(await asked { try await client.ping() } == "GET /v1/network/parameters")
            #expect(await asked { try await client.nodeVersionInfo() } == "GET /v1/node_version_info")
            #expect(await asked { try await client.blockHeader(.latestSealed) } == "GET /v1/blocks?height=sealed")
            #expect(await asked { try await client.blockHeader(.latestFinalized) } == "GET /v1/blocks?height=final")
            #expect(await asked { try await client.blockHeader(.height(44)) } == "GET /v1/blocks?height=44")
            #expect(await asked { try await client.blockHeader(.id(block)) } == "GET /v1/blocks/\(b)")
            #expect(
                await asked { try await client.block(.height(44), full: true) }
                    == "GET /v1/blocks?height=44&expand=payload")
            #expect(
                await asked { try await client.block(.id(block), full: false) } == "GET /v1/blocks/\(b)?expand=payload")
            #expect(await asked { try await client.collection(collection) } == "GET /v1/collections/\(c)")
            #expect(
                await asked { try await client.fullCollection(collection) }
                    == "GET /v1/collections/\(c)?expand=transactions")
            #expect(
                await asked { try await client.transaction(id, blockID: block, collectionID: collection) }
                    == "GET /v1/transactions/\(i)?block_id=\(b)&collection_id=\(c)")
            #expect(
                await asked { try await client.transactions(inBlock: block) } == "GET /v1/transactions?block_id=\(b)")
            #expect(
                await asked {
                    try await client.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC)
                } == "GET /v1/transaction_results/\(i)")
            #expect(
                await asked { try await client.transactionResult(inBlock: block, index: 1, encoding: .jsonCDC) }
                    == "GET /v1/transaction_results?block_id=\(b)")
            #expect(await asked { try await client.scheduledTransaction(8) } == "GET /v1/transactions/8")
            #expect(
                await asked { try await client.scheduledTransactionResult(8, encoding: .jsonCDC) }
                    == "GET /v1/transaction_results/8")
            #expect(
                await asked { try await client.account(address, at: .latest) }
                    == "GET /v1/accounts/0102030405060708?block_height=sealed&expand=keys%2Ccontracts")
            #expect(
                await asked { try await client.accountBalance(address, at: .height(5)) }
                    == "GET /v1/accounts/0102030405060708/balance?block_height=5")
            #expect(
                await asked { try await client.accountKeys(address, at: .latest) }
                    == "GET /v1/accounts/0102030405060708/keys?block_height=sealed")
            #expect(
                await asked { try await client.accountKey(address, index: 9, at: .latest) }
                    == "GET /v1/accounts/0102030405060708/keys/9?block_height=sealed")
            #expect(
                await asked { try await client.executeScript([1, 2], arguments: [[3]], at: .id(block)) }
                    == #"POST /v1/scripts?block_id=\#(b) {"script":"AQI=","arguments":["Aw=="]}"#)
            #expect(
                await asked { try await client.executeScript([], arguments: [], at: .height(7)) }
                    == #"POST /v1/scripts?block_height=7 {"script":"","arguments":[]}"#)
            #expect(
                await asked {
                    try await client.events(ofType: "flow.AccountCreated", heights: 11...22, encoding: .jsonCDC)
                } == "GET /v1/events?type=flow.AccountCreated&start_height=11&end_height=22")
            #expect(
                await asked { try await client.events(ofType: "a b", blockIDs: [block, block], encoding: .jsonCDC) }
                    == "GET /v1/events?type=a%20b&block_ids=\(b)%2C\(b)")
            #expect(
                await asked { try await client.events(ofType: "a", blockIDs: [], encoding: .jsonCDC) }
                    == "nothing")
            #expect(
                await asked { try await client.executionResult(forBlock: block) }
                    == "GET /v1/execution_results?block_id=\(b)")
            #expect(await asked { try await client.executionResult(block.raw) } == "GET /v1/execution_results/\(b)")
            #expect(
                await asked { try await client.executionReceipts(forBlock: block, includeResult: true) }
                    == "GET /v1/execution_receipts?block_id=\(b)&expand=execution_result")
            #expect(
                await asked { try await client.executionReceipts(forResult: block.raw, includeResult: false) }
                    == "GET /v1/execution_receipts/results/\(b)")
        }
    }

    @Test func `what the API has no route for is refused and not asked`() async throws {
        try await withHTTPNode { _ in
            NodeBody.parameters
        } _: { (client, asked) async throws in
            func code(_ body: () async throws -> some Any) async -> AccessError.Code? {
                do { _ = try await body() } catch { return (error as? AccessError)?.code }
                return nil
            }
            let (id, block) = (TransactionID.number(1), BlockID.number(2))
            #expect(
                await code { try await client.systemTransaction(inBlock: block, transactionID: id) } == .unimplemented)
            #expect(
                await code {
                    try await client.systemTransactionResult(inBlock: block, transactionID: id, encoding: .jsonCDC)
                } == .unimplemented)
            #expect(await code { try await client.protocolStateSnapshot(.latestSealed) } == .unimplemented)
            #expect(await code { try await client.executionData(forBlock: block, encoding: .ccf) } == .unimplemented)
            #expect(await code { try await client.registerValues([], at: 1) } == .unimplemented)
            #expect(
                await code {
                    try await client.transactionResult(id, blockID: nil, collectionID: nil, encoding: .ccf)
                } == .unimplemented)
            #expect(
                await code { try await client.events(ofType: "a", heights: 1...2, encoding: .ccf) } == .unimplemented)
            #expect(
                await code { try await client.executeScript([], arguments: [], at: .latestFinalized) }
                    == .invalidArgument)
            for stream in [
                client.subscribeEvents(from: .latest, filter: EventFilter(), heartbeat: 0, encoding: .ccf)
            ] {
                #expect(await code { for try await _ in stream {} } == .unimplemented)
            }
            #expect(
                await code { for try await _ in client.subscribeExecutionData(from: .latest, encoding: .ccf) {} }
                    == .unimplemented)
            #expect(asked.all.isEmpty)
        }
    }

    @Test func `an argument without a byte is refused, as nodes would leave it out`() async throws {
        try await withHTTPNode { _ in
            NodeBody.parameters
        } _: { (client, asked) async throws in
            var transaction = Transaction()
            transaction.arguments = [[1], [], [2]]
            let error = await #expect(throws: AccessError.self) { try await client.send(transaction) }
            #expect(error?.code == .invalidArgument && error?.message == "argument 1 is empty")
            #expect(error?.method == "POST /v1/transactions")
            #expect(asked.all.isEmpty)
        }
    }

    @Test func `a transaction that was sent and not acknowledged is in doubt, never refused`() async throws {
        try await withHTTPNode { _ in
            NodeBody.error(503, "busy")
        } _: { (client, _) async throws in
            let error = await #expect(throws: AccessError.self) { try await client.send(Transaction()) }
            #expect(error?.isRefusal == false && error?.verdict == .sameBytesAgain)
        }
        try await withHTTPNode { _ in
            NodeBody.error(500, "Invalid Flow request: x")
        } _: { (client, _) async throws in
            let error = await #expect(throws: AccessError.self) { try await client.send(Transaction()) }
            #expect(error?.code == .internal && error?.verdict == .sameBytesAgain)
        }
    }

    @Test func `answers to another question are not believed`() async throws {
        try await withHTTPNode { request in
            switch request.segments.dropFirst().first {
            case "blocks":
                .json(.array([NodeBody.block(5), NodeBody.block(5)].suffix(request.query("height") == "6" ? 1 : 2)))
            case "transactions": .json(["id": .string(NodeBody.hex(1))])
            case "accounts":
                .json(["address": "0000000000000009", "balance": "1", "_expandable": ["keys": "keys"]])
            default: .json(.array([]))
            }
        } _: { (client, _) async throws in
            func message(_ body: () async throws -> some Any) async -> String {
                do { _ = try await body() } catch {
                    guard let error = error as? AccessError, error.code == .dataLoss else { return "\(error)" }
                    return error.message
                }
                return "it was believed"
            }
            #expect(await message { try await client.blockHeader(.height(6)) } == "asked for height 6, got 5")
            #expect(await message { try await client.blockHeader(.latestSealed) } == "asked for one block, got 2")
            #expect(
                await message { try await client.send(Transaction()) }.hasPrefix(
                    "the node took \(NodeBody.hex(1)) for "))
            #expect(
                await message { try await client.account(Address(rawValue: 9), at: .latest) }.hasPrefix(
                    "asked for all of"))
            #expect(
                await message { try await client.networkParameters() }
                    == "the answer cannot be read: $: expected an object at byte 0")
            #expect(
                await message { try await client.executionResult(forBlock: .number(1)) }.hasPrefix(
                    "asked for the result"))
        }
    }

    @Test func `a block that a node is said not to have is asked for again, and must be there below the head`()
        async throws
    {
        // Of 100 blocks from 20 on, 50 is answered with 404 always, 60 once.
        let misses = Mutex(1)
        try await withHTTPNode { request in
            if request.path == "/v1/node_version_info" { return NodeBody.version }
            switch request.query("height") {
            case "final": return .json(.array([NodeBody.block(100)]))
            case "60"
            where misses.withLock({ misses in
                misses -= 1; return misses < 0
            }):
                return .json(.array([NodeBody.block(60)]))
            default: return NodeBody.error(404, "error looking up block")
            }
        } _: { (client, _) async throws in
            #expect(try await client.blockHeader(.height(60)).value.height == 60)
            let within = await #expect(throws: AccessError.self) { try await client.blockHeader(.height(50)) }
            #expect(within?.code == .unavailable)
            for height in [19, 101] as [BlockHeight] {
                let outside = await #expect(throws: AccessError.self) { try await client.blockHeader(.height(height)) }
                #expect(outside?.code == .notFound)
            }
            let byID = await #expect(throws: AccessError.self) { try await client.blockHeader(.id(.number(5))) }
            #expect(byID?.code == .notFound)
        }
    }

    @Test func `a result says how high its block is, and asks for that once`() async throws {
        try await withHTTPNode { request in
            switch request.segments.dropFirst().first {
            case "blocks": .json(.array([NodeBody.block(33, payload: false)]))
            case _ where request.query("block_id") != nil:
                .json(.array([NodeBody.result(of: 1, block: 33), NodeBody.result(of: 2, block: 33)]))
            default: .json(NodeBody.result(of: 0, block: request.path.hasSuffix("8") ? nil : 33))
            }
        } _: { (client, asked) async throws in
            let result = try await client.transactionResult(
                .number(7), blockID: nil, collectionID: nil, encoding: .jsonCDC)
            #expect(result.value.blockHeight == 33 && result.value.transactionID == .number(7))
            #expect(result.value.status == .sealed && result.value.computationUsage == 7)
            let all = try await client.transactionResults(inBlock: .number(33), encoding: .jsonCDC).value
            #expect(all.map(\.transactionID) == [.number(1), .number(2)])
            #expect(all.allSatisfy { $0.blockHeight == 33 })
            #expect(
                try await client.transactionResult(inBlock: .number(33), index: 1, encoding: .jsonCDC).value == all[1])
            let beyond = await #expect(throws: AccessError.self) {
                try await client.transactionResult(inBlock: .number(33), index: 2, encoding: .jsonCDC)
            }
            #expect(beyond?.code == .notFound)
            let pending = try await client.transactionResult(
                .number(8), blockID: nil, collectionID: nil, encoding: .jsonCDC)
            #expect(pending.value.blockHeight == 0)
            #expect(asked.targets.filter { $0.contains("/v1/blocks") }.count == 1)
        }
    }

    @Test func `events of many blocks are asked for fifty at a time, in order`() async throws {
        try await withHTTPNode { request in
            let ids = (request.query("block_ids") ?? "").split(separator: ",")
            return .json(
                .array(
                    ids.map { id in
                        [
                            "block_id": .string(String(id)), "block_height": "1",
                            "block_timestamp": "2026-11-21T23:49:40.216Z",
                        ]
                    }))
        } _: { (client, asked) async throws in
            let ids = (0..<120).map { BlockID.number(UInt64($0)) }
            let events = try await client.events(ofType: "flow.AccountCreated", blockIDs: ids, encoding: .jsonCDC).value
            #expect(events.map(\.blockID) == ids)
            #expect(asked.all.count == 3)
        }
    }

    @Test(arguments: [
        "", "example.org", "ftp://x", "http://", "http:///v1", "http://user:secret@x", "http://x/v1?key=1",
        "http://x#y",
        "http://x y", "grpc://x:9000",
    ])
    func `an address that is none is refused, and not repeated`(url: String) {
        let error = #expect(throws: AccessError.self) { try HTTPAccessClient(url: url) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func `a key in the path is sent, and shown nowhere`() async throws {
        try await withHTTPNode { _ in
            NodeBody.error(403, "no")
        } _: { (other, asked) async throws in
            for ending in ["", "/", "/v1", "/v1/"] {
                let client = try HTTPAccessClient(url: "http://\(other.node)/s3cret" + ending)
                let error = await #expect(throws: AccessError.self) { try await client.networkParameters() }
                #expect(error?.description.contains("s3cret") == false)
                #expect(client.node == other.node)
            }
            #expect(asked.targets == Array(repeating: "/s3cret/v1/network/parameters", count: 4))
        }
    }
}

/// A body that breaks off.
private struct Torn: AsyncSequence, AsyncIteratorProtocol {
    var isFirst = true
    mutating func next() async throws -> [UInt8]? {
        defer { isFirst = false }
        if isFirst { return Array(#"{"chain_id":"#.utf8) }
        throw HTTPError(.closed, "torn")
    }
    func makeAsyncIterator() -> Torn { self }
}
