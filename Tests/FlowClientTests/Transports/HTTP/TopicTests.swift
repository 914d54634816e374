import Daemon
import HTTP
import Synchronization
import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

@Suite(.timeLimit(.minutes(2)))
struct TopicTests {
    private func digests(_ client: HTTPAccessClient, from height: BlockHeight = 1) -> AccessStream<BlockDigest>.Iterator
    {
        client.subscribeBlockDigests(from: .height(height), status: .sealed).makeAsyncIterator()
    }

    /// Agrees, and sends the digests of three blocks.
    private let three: @Sendable (TopicNode.Heard) async throws -> Void = { heard in
        guard heard.action == "subscribe" else { return }
        try await heard.link.agree(heard.id)
        for height in 1...3 as ClosedRange<UInt64> { try await heard.link.give(heard.id, NodeBody.digest(height)) }
    }

    @Test func `streams share a socket up to the node's limit, and are told apart`() async throws {
        var options = HTTPAccessClient.Options()
        options.streamsPerSocket = 3
        try await withTopicNode(options: options) { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            // Each gets the height it began at, the second message before that of anybody else.
            let start = UInt64(heard.message["arguments"]?["start_block_height"]?.string ?? "") ?? 0
            try await heard.link.give(heard.id, NodeBody.digest(start))
            try await heard.link.give(heard.id, NodeBody.digest(start + 1))
        } _: { (client, node) async throws in
            var streams = (0..<4).map { digests(client, from: BlockHeight(UInt64($0) * 10)) }
            for at in streams.indices { #expect(try await streams[at].next()?.height.rawValue == UInt64(at) * 10) }
            for at in streams.indices.reversed() {
                #expect(try await streams[at].next()?.height.rawValue == UInt64(at) * 10 + 1)
            }
            var links: [Int] = []
            for _ in 0..<4 { links.append(await node.next().link.number) }
            #expect(links == [0, 0, 0, 1])
            #expect(node.sockets == 2)
        }
    }

    @Test func `dropping a stream unsubscribes it alone, and the last one closes the socket in order`() async throws {
        try await withTopicNode(react: three) { (client, node) async throws in
            var ids: [String] = []
            do {
                var stays = digests(client)
                #expect(try await stays.next()?.height == 1)
                do {
                    var goes = digests(client)
                    #expect(try await goes.next()?.height == 1)
                    for _ in 0..<2 { ids.append(await node.next().id) }
                }
                let gone = await node.next()
                #expect(gone.action == "unsubscribe" && gone.id == ids[1])
                #expect(try await stays.next()?.height == 2)
            }
            #expect(await node.next().id == ids[0])
            let closing = await node.nextClosing()
            #expect(closing.code == 1000 && closing.isByPeer)
            // The next stream has a socket of its own.
            var next = digests(client)
            #expect(try await next.next()?.height == 1)
            #expect(node.sockets == 2)
        }
    }

    @Test func `cancelling who waits for a message unsubscribes, and throws nothing else`() async throws {
        try await withTopicNode(react: agreeing) { (client, node) async throws in
            let waiting = Task {
                var stream = digests(client)
                return try await stream.next()
            }
            let subscribed = await node.next()
            #expect(subscribed.topic == "block_digests")
            #expect(subscribed.message["arguments"] == ["start_block_height": "1", "block_status": "sealed"])
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            let gone = await node.next()
            #expect(gone.action == "unsubscribe" && gone.id == subscribed.id)
        }
    }

    @Test func `every topic gets its arguments as strings, and nothing that was not said`() async throws {
        try await withTopicNode { heard in
            try await heard.link.refuse(heard.id, 400, "no")
        } _: { (client, node) async throws in
            func asked<Element>(_ stream: AccessStream<Element>) async -> String {
                await #expect(throws: AccessError.self) { for try await _ in stream {} }
                let heard = await node.next()
                return "\(heard.topic) \(heard.message["arguments"]?.text ?? "")"
            }
            let address = Address(rawValue: 5)
            let filter = EventFilter(eventTypes: ["a"], contracts: ["b"], addresses: ["c"])
            #expect(
                await asked(client.subscribeBlocks(from: .latest, status: .finalized, full: true))
                    == #"blocks {"block_status":"finalized"}"#)
            #expect(
                await asked(client.subscribeBlockHeaders(from: .blockID(.number(7)), status: .sealed))
                    == #"block_headers {"start_block_id":"\#(NodeBody.hex(7))","block_status":"sealed"}"#)
            #expect(
                await asked(client.subscribeEvents(from: .height(9), filter: filter, heartbeat: 8, encoding: .jsonCDC))
                    == #"events {"start_block_height":"9","event_types":["a"],"contracts":["b"],"addresses":["c"],"heartbeat_interval":"8"}"#
            )
            #expect(
                await asked(
                    client.subscribeEvents(from: .latest, filter: EventFilter(), heartbeat: 0, encoding: .jsonCDC))
                    == "events {}")
            #expect(
                await asked(
                    client.subscribeAccountStatuses(
                        from: .latest, filter: AccountStatusFilter(eventTypes: ["a"], addresses: [address]),
                        heartbeat: 1,
                        encoding: .jsonCDC))
                    == #"account_statuses {"event_types":["a"],"account_addresses":["0000000000000005"],"heartbeat_interval":"1"}"#
            )
            #expect(
                await asked(client.subscribeStatuses(of: .number(3)))
                    == #"transaction_statuses {"tx_id":"\#(NodeBody.hex(3))"}"#)
            let post = try TransactionPost(Transaction()).json.text
            #expect(
                await asked(client.sendAndSubscribe(Transaction(), encoding: .jsonCDC))
                    == "send_and_get_transaction_statuses \(post)")
        }
    }

    @Test(arguments: [
        (400, "error creating data provider: invalid arguments: x", AccessError.Code.invalidArgument),
        (400, "error creating data provider: unsupported topic \"x\"", .unimplemented),
        (400, "error creating data provider: this access node does not support streaming events", .unimplemented),
        (404, "subscription not found", .notFound),
        (429, "error creating new subscription: maximum number of streams reached", .resourceExhausted),
    ])
    func `a refusal has a code, the node's words and the topic`(status: Int, words: String, code: AccessError.Code)
        async throws
    {
        try await withTopicNode { heard in
            try await heard.link.refuse(heard.id, status, words)
        } _: { (client, _) async throws in
            var stream = digests(client)
            let error = await #expect(throws: AccessError.self) { try await stream.next() }
            #expect(error?.code == code && error?.message == words)
            #expect(error?.method == "WS /v1/ws block_digests" && error?.node == client.node)
        }
    }

    @Test
    func `a stream that fails at the node ends after what came, with gRPC's code and words, and the others go on`()
        async throws
    {
        try await withTopicNode { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            try await heard.link.give(heard.id, NodeBody.digest(1))
            if heard.topic == "blocks" { return }
            try await heard.link.refuse(
                heard.id, 500,
                "internal error: subscription finished with error: rpc error: code = NotFound desc = no block 2")
        } _: { (client, node) async throws in
            var blocks = client.subscribeBlocks(from: .latest, status: .sealed, full: false).makeAsyncIterator()
            let opening = Task { await node.next() }
            // Its one message is no block; it stays open until it is asked for.
            let first = Task { try await blocks.next() }
            _ = await opening.value
            var stream = digests(client)
            #expect(try await stream.next()?.height == 1)
            let error = await #expect(throws: AccessError.self) { try await stream.next() }
            #expect(error?.code == .notFound && error?.message == "no block 2")
            let own = await #expect(throws: AccessError.self) { try await first.value }
            #expect(own?.code == .dataLoss)
            #expect(own?.message == "the answer cannot be read: $.header: it must be there")
        }
    }

    @Test func `a message that cannot be read ends its stream, and says where it is wrong`() async throws {
        try await withTopicNode { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            try await heard.link.give(heard.id, NodeBody.digest(1))
            try await heard.link.give(heard.id, ["block_id": .string(NodeBody.hex(2)), "height": 2])
        } _: { (client, node) async throws in
            var stream = digests(client)
            #expect(try await stream.next()?.height == 1)
            let error = await #expect(throws: AccessError.self) { try await stream.next() }
            #expect(error?.code == .dataLoss)
            #expect(error?.message.hasPrefix("the answer cannot be read: $.height: expected a string") == true)
            // Who asks again hears the same.
            #expect(await #expect(throws: AccessError.self) { try await stream.next() } == error)
            _ = await node.next()
            #expect(await node.next().action == "unsubscribe")
        }
    }

    @Test(arguments: [
        "nonsense", "{}", #"{"subscription_id":1}"#, #"{"subscription_id":"x","payload":{]}"#,
        #"{"subscription_id":"x","error":{"code":"400"}}"#, "[" + String(repeating: "[", count: 5000),
    ])
    func `a socket that says nonsense is left, and every stream on it told`(text: String) async throws {
        try await withTopicNode { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            if heard.topic == "block_headers" { try await heard.link.say(text) }
        } _: { (client, _) async throws in
            let first = Task {
                var stream = digests(client)
                return try await stream.next()
            }
            let second = Task {
                var stream = client.subscribeBlockHeaders(from: .latest, status: .sealed).makeAsyncIterator()
                return try await stream.next()
            }
            for stream in [await Self.error(first), await Self.error(second)] { #expect(stream?.code == .dataLoss) }
        }
    }

    private static func error(_ task: Task<some Sendable, any Error>) async -> AccessError? {
        do { _ = try await task.value } catch { return error as? AccessError }
        return nil
    }

    @Test func `a socket that goes ends its streams as unavailable, after what came, and the next one opens another`()
        async throws
    {
        let isFirst = Mutex(true)
        try await withTopicNode { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            try await heard.link.give(heard.id, NodeBody.digest(1))
            let goes = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            if goes { await heard.link.socket.close(code: 1001, reason: "restarting") }
        } _: { (client, node) async throws in
            var stream = digests(client)
            #expect(try await stream.next()?.height == 1)
            let error = await #expect(throws: AccessError.self) { try await stream.next() }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("1001 restarting") == true)
            var again = digests(client)
            #expect(try await again.next()?.height == 1)
            #expect(node.sockets == 2)
        }
    }

    @Test func `a node that takes no connection fails each stream as unavailable, at once and at any moment`()
        async throws
    {
        // Nothing listens at port 1. The refusal can come before the stream has found its place on the socket, or after.
        let client = try HTTPAccessClient(url: "http://127.0.0.1:1")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    var stream = digests(client)
                    let error = await #expect(throws: AccessError.self) { try await stream.next() }
                    #expect(error?.code == .unavailable)
                }
            }
        }
    }

    @Test func `a node that breaks a socket off when a second stream joins it gets one stream a socket`() async throws {
        let streams = Mutex<[Int: Int]>([:])
        try await withTopicNode { heard in
            guard heard.action == "subscribe" else { return }
            let count = streams.withLock { streams in
                streams[heard.link.number, default: 0] += 1
                return streams[heard.link.number]!
            }
            if count > 1 { return heard.link.socket.end() }
            try await heard.link.agree(heard.id)
            try await heard.link.give(heard.id, NodeBody.digest(1))
        } _: { (client, node) async throws in
            var (first, second, third) = (digests(client), digests(client), digests(client))
            #expect(try await first.next()?.height == 1)
            #expect(try await second.next()?.height == 1)
            #expect(try await third.next()?.height == 1)
            #expect(node.sockets == 3)
            let error = await #expect(throws: AccessError.self) { try await first.next() }
            #expect(error?.code == .unavailable)
        }
    }

    @Test(arguments: [
        (404, AccessError.Code.unimplemented), (400, .unimplemented), (200, .unimplemented), (429, .resourceExhausted),
        (503, .unavailable), (401, .unauthenticated),
    ])
    func `a node that does not open a websocket says why`(status: Int, code: AccessError.Code) async throws {
        try await withHTTPNode { _ in
            NodeBody.error(status, "no")
        } _: { (client, _) async throws in
            var stream = digests(client)
            let error = await #expect(throws: AccessError.self) { try await stream.next() }
            #expect(error?.code == code)
        }
    }

    @Test func `a node that does not agree is given up at the deadline`() async throws {
        try await withTopicNode { heard in
            if heard.topic == "block_digests" { try await heard.link.agree(heard.id) }
        } _: { (client, node) async throws in
            let open = try await digests(client).open()
            _ = await node.next()
            var stream = client.subscribeBlockHeaders(from: .latest, status: .sealed).makeAsyncIterator()
            let error = await #expect(throws: AccessError.self) {
                try await CallDeadline.$current.withValue(.milliseconds(50)) { try await stream.next() }
            }
            #expect(error?.code == .deadlineExceeded)
            let asked = await node.next()
            let gone = await node.next()
            #expect(asked.topic == "block_headers" && gone.action == "unsubscribe" && gone.id == asked.id)
            withExtendedLifetime(open) {}
        }
    }

    @Test func `a node that ends a stream in order ends it here`() async throws {
        try await withTopicNode { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            try await heard.link.give(heard.id, NodeBody.digest(1))
            try await heard.link.say(#"{"subscription_id":"\#(heard.id)","action":"unsubscribe"}"#)
        } _: { (client, _) async throws in
            var heights: [BlockHeight] = []
            for try await digest in client.subscribeBlockDigests(from: .latest, status: .sealed) {
                heights.append(digest.height)
            }
            #expect(heights == [1])
        }
    }

    // MARK: Statuses

    @Test func `a transaction's statuses end with the last one, with the height of its block`() async throws {
        try await withTopicNode { request in
            .json(.array([NodeBody.block(33, payload: false)]))
        } react: { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            for (index, status) in ["Pending", "Finalized", "Executed", "Sealed", "Sealed"].enumerated() {
                try await heard.link.give(
                    heard.id, NodeBody.status(status, block: index == 0 ? nil : 33, index: UInt64(index)))
            }
        } _: { (client, node) async throws in
            let transaction = Transaction()
            var results: [TransactionResult] = []
            for try await result in client.sendAndSubscribe(transaction, encoding: .jsonCDC) { results.append(result) }
            #expect(results.map(\.status) == [.pending, .finalized, .executed, .sealed])
            #expect(results.map(\.blockHeight) == [0, 33, 33, 33])
            #expect(results.allSatisfy { $0.transactionID == transaction.id })
            _ = await node.next()
            #expect(await node.next().action == "unsubscribe")
        }
    }

    @Test func `a status that is missing is noticed`() async throws {
        try await withTopicNode { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            try await heard.link.give(heard.id, NodeBody.status("Pending", block: nil, index: 0))
            try await heard.link.give(heard.id, NodeBody.status("Executed", block: nil, index: 2))
        } _: { (client, _) async throws in
            var stream = client.subscribeStatuses(of: .number(1)).makeAsyncIterator()
            #expect(try await stream.next()?.status == .pending)
            let error = await #expect(throws: AccessError.self) { try await stream.next() }
            #expect(error?.code == .dataLoss && error?.message == "message 2 came where 1 was due")
        }
    }

    @Test func `events carry their number as it came, for whoever checks it`() async throws {
        try await withTopicNode { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            for index in [0, 1, 5] as [UInt64] {
                try await heard.link.give(heard.id, NodeBody.events(index + 10, index: index))
            }
        } _: { (client, _) async throws in
            var stream = client.subscribeEvents(from: .latest, filter: EventFilter(), heartbeat: 0, encoding: .jsonCDC)
                .makeAsyncIterator()
            var indexes: [UInt64?] = []
            for _ in 0..<3 { indexes.append(try await stream.next()?.messageIndex) }
            #expect(indexes == [0, 1, 5])
        }
    }

    // MARK: Who does not keep up

    @Test func `a consumer that stops holds the node back, and misses nothing`() async throws {
        // 500 messages of 64 KiB: 31 MiB, of which sockets and the queue hold a part.
        let count = 500
        let given = Mutex(0)
        let padding = JSON.string(String(repeating: "x", count: 64 << 10))
        var options = HTTPAccessClient.Options()
        options.waitingMessages = 8
        try await withTopicNode(options: options) { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            for height in 0..<count {
                var members = NodeBody.digest(UInt64(height)).object!
                members.append(.init("more", padding))
                try await heard.link.give(heard.id, .object(members))
                given.withLock { $0 += 1 }
            }
        } _: { (client, _) async throws in
            var stream = digests(client)
            for height in 0..<count {
                #expect(try await stream.next()?.height.rawValue == UInt64(height))
                #expect(given.withLock { $0 } - height < 350)
            }
        }
    }

    @Test func `a stream that nobody reads does not hold up another on its socket, and is ended when it lags too far`()
        async throws
    {
        var options = HTTPAccessClient.Options()
        options.waitingMessages = 4
        try await withTopicNode(options: options) { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            if heard.topic == "block_digests" { return }
            // Both are there: two hundred for the one that nobody reads, then one for the other.
            for height in 0..<200 { try await heard.link.give("weir-1", NodeBody.digest(UInt64(height))) }
            try await heard.link.give(heard.id, NodeBody.header(7))
        } _: { (client, node) async throws in
            var slow = digests(client)
            var first: BlockDigest?
            let opened = Task { await node.next() }
            let reading = Task {
                _ = await opened.value
                var quick = client.subscribeBlockHeaders(from: .latest, status: .sealed).makeAsyncIterator()
                return try await quick.next()
            }
            first = try await slow.next()
            #expect(first?.height == 0)
            #expect(try await reading.value?.height == 7)
            // What waited for it is still given, without a gap; then it is told why.
            var heights: [UInt64] = [0]
            let error = await #expect(throws: AccessError.self) {
                while let digest = try await slow.next() { heights.append(digest.height.rawValue) }
            }
            #expect(heights == (0..<UInt64(heights.count)).map { $0 })
            #expect(heights.count >= 64 && heights.count < 200)
            #expect(error?.code == .resourceExhausted)
            #expect(error?.message.contains("lags") == true)
        }
    }

    @Test func `a hundred streams opened and dropped at once leave nothing behind`() async throws {
        try await withTopicNode(react: three) { (client, node) async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for turn in 0..<100 {
                    group.addTask { () async throws in
                        var stream = digests(client)
                        if turn.isMultiple(of: 3) { return }
                        #expect(try await stream.next()?.height == 1)
                        if turn.isMultiple(of: 2) { #expect(try await stream.next()?.height == 2) }
                    }
                }
                try await group.waitForAll()
            }
            // Every subscription that was asked for was given up, but for those whose socket closed with them.
            for _ in 0..<node.sockets { #expect(await node.nextClosing().code == 1000) }
        }
    }
}
