import Cadence
import Devnet
import Encoding
import FlowClient
import HTTP
import Testing

/// Faults at run time: each is told, changed and taken back by name, and what is wrong changes nothing.
@Suite(.timeLimit(.minutes(1)))
struct AdminPortTests {
    private func withPort(_ body: (Caller, TestChain) async throws -> Void) async throws {
        let chain = try await TestChain.withRelease(supply: 9)
        let admin = AdminPort(node: chain.node)
        try await admin.start()
        let running = Task { try await admin.run() }
        defer { running.cancel() }
        let port = try #require(admin.port)
        try await body(Caller(base: "http://127.0.0.1:\(port)/admin"), chain)
    }

    private struct Caller {
        let base: String
        func callAsFunction(_ method: String, _ path: String, _ body: String = "", headers: HTTPFields = [:])
            async throws
            -> (status: Int, json: JSON)
        {
            var request = HTTPRequest(method: method, url: base + path, headers: headers)
            if !body.isEmpty {
                (request.body, request.headers["Content-Type"]) = (Array(body.utf8), "application/json")
            }
            let response = try await HTTPClient().send(request)
            return (response.status, try JSON(parsing: response.body))
        }
    }

    @Test func `faults are set by name, shown, and taken back`() async throws {
        try await withPort { (call, chain) async throws in
            let set = try await call(
                "PUT", "/faults",
                #"{"drop_sends": 2, "delay_ms": 1, "head_lag": 1, "skips_stream_heights": [3, 4], "refuses_sends": true}"#
            )
            #expect(set.status == 200)
            #expect(set.json["faults"]?["drop_sends"]?.uint64 == 2)
            #expect(set.json["faults"]?["skips_stream_heights"]?.array?.compactMap(\.uint64) == [3, 4])
            let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.platform)
            let error = await #expect(throws: AccessError.self) { try await chain.node.send(transaction) }
            #expect(error?.code == .unavailable)
            let back = try await call("PUT", "/faults", #"{"refuses_sends": null, "delay_ms": null}"#)
            #expect(back.json["faults"]?["refuses_sends"]?.bool == false)
            #expect(back.json["faults"]?["head_lag"]?.uint64 == 1)
            let none = try await call("DELETE", "/faults")
            #expect(none.json["faults"]?["head_lag"]?.uint64 == 0 && none.json["faults"]?["drop_sends"]?.uint64 == 0)
        }
    }

    @Test(arguments: [
        ("PUT", "/faults", #"{"drop_sends": -1}"#, "drop_sends"), ("PUT", "/faults", #"{"nonsense": 1}"#, "nonsense"),
        ("PUT", "/faults", "[]", "the body"), ("PUT", "/faults", "{", "no JSON"),
        ("PUT", "/faults", #"{"head_lag": 3, "refuses_sends": "yes"}"#, "refuses_sends"),
        ("POST", "/blocks", #"{"count": 0}"#, "blocks"), ("POST", "/rollback", #"{"height": 999999}"#, "height"),
        ("PUT", "/rules", #"{"maximum_computation": 0}"#, "maximum_computation"),
        ("PUT", "/rules", #"{"weights": "flip1"}"#, "weights"),
        ("PUT", "/rules", #"{"surge_factor": 0.5}"#, "surge_factor"),
        ("PUT", "/rules", #"{"nonsense": 1}"#, "nonsense"), ("PUT", "/faults", #"{"misses": 1001}"#, "misses"),
        ("PUT", "/faults", #"{"calls_per_second": {"dance": 1}}"#, "calls_per_second"),
        ("POST", "", #"{"blocks": 2, "rules": {"fees": "much"}}"#, "fees"), ("POST", "", #"{"dance": 1}"#, "dance"),
        ("POST", "/rollback", #"{"height": 1, "blocks": 1}"#, "rollback"),
        ("POST", "/keys/0x179b6b1cb6755e31/x/use", "{}", "keys"),
        ("PUT", "/accounts/0x179b6b1cb6755e31/balance", #"{"flow": 3}"#, "balance"),
    ]) func `what is wrong is refused with its name, and changes nothing`(
        method: String, path: String, body: String, word: String
    ) async throws {
        try await withPort { (call, _) async throws in
            let before = try await call("GET", "").json
            let refused = try await call(method, path, body)
            #expect(refused.status == 400 && refused.json["detail"]?.string?.contains(word) == true, "\(refused.json)")
            let after = try await call("GET", "").json
            #expect(after == before)
        }
    }

    @Test func `a browser's page and an account that is not there are refused`() async throws {
        try await withPort { (call, _) async throws in
            #expect(try await call("DELETE", "/faults", headers: ["Origin": "https://example.org"]).status == 403)
            #expect(try await call("POST", "/accounts/0x01cf0e2f2f715451/fill").status == 404)
        }
    }

    @Test func `sealing stands while blocks go on, and goes on when it is let`() async throws {
        try await withPort { (call, chain) async throws in
            let head = chain.node.finalizedHeight
            #expect(try await call("PUT", "/faults", #"{"seals_up_to": \#(head)}"#).status == 200)
            let made = try await call("POST", "/blocks", #"{"count": 5}"#)
            #expect(
                made.json["height"]?.uint64 == head.rawValue + 5 && made.json["sealed_height"]?.uint64 == head.rawValue)
            #expect(try await chain.node.blockHeader(.latestSealed).value.height == head)
            #expect(try await chain.node.blockHeader(.latestFinalized).value.height.rawValue == head.rawValue + 5)
            let node = chain.node
            let stream = Task {
                for try await block in node.subscribeBlockDigests(
                    from: .height(BlockHeight(head.rawValue + 2)), status: .sealed)
                {
                    return block.height
                }
                return 0
            }
            _ = try await call("DELETE", "/faults")
            #expect(try await stream.value.rawValue == head.rawValue + 2)
        }
    }

    @Test func `a chain is rolled back, an account filled and emptied`() async throws {
        try await withPort { (call, chain) async throws in
            let head = chain.node.finalizedHeight
            chain.node.makeBlocks(3)
            let rolled = try await call("POST", "/rollback", #"{"height": \#(head)}"#)
            #expect(rolled.json["height"]?.uint64 == head.rawValue)
            let address = chain.platform.address
            #expect(try await call("PUT", "/accounts/\(address.hex)/balance", #"{"flow": "0.5"}"#).status == 200)
            #expect(try await chain.node.accountBalance(address, at: .latest).value == 50_000_000)
            #expect(try await call("POST", "/accounts/\(address.hex)/fill").status == 200)
            let result = try await chain.run(
                "airdrop_passes", Arguments.airdrop([("row", nil, "usr")], release: TestChain.release))
            #expect(result.errorMessage.contains("[Error Code: 1103]") && result.errorMessage.contains(address.hex))
        }
    }
}

/// A stream that waits where blocks are taken away waits for those that come in their place.
@Suite(.timeLimit(.minutes(1)))
struct StreamRollBackTests {
    @Test func `a stream goes on with the blocks that come in the place of those that were rolled back`() async throws {
        let node = try await TestChain.make { $0.blockMaking = .onDemand }.node
        let head = node.finalizedHeight
        for _ in 0..<50 {
            let first = BlockHeight(head.rawValue + 1)
            let stream = Task {
                var seen = 0
                for try await _ in node.subscribeBlockDigests(from: .height(first), status: .finalized) {
                    seen += 1
                    if seen == 3 { break }
                }
                return seen
            }
            node.makeBlocks(1)
            try node.rollBack(to: head)
            node.makeBlocks(3)
            #expect(try await stream.value == 3)
            try node.rollBack(to: head)
        }
    }
}
