import Cadence
import Devnet
import Encoding
import FlowClient

/// What is there is told as the node tells it.
extension AccessConformance {
    static let network: [AccessClaim] = [
        .same("the network, and what the node is") { api, _, _ in
            try await api.ping()
            return ["\(try await api.networkParameters().value)", "\(try await api.nodeVersionInfo().value)"]
        }
    ]

    private static func references(_ world: ConformanceWorld) -> [BlockReference] {
        [.latestSealed, .latestFinalized, .height(0), .height(1), .id(world.succeeded.blockID)]
    }

    static let blocks: [AccessClaim] = [
        .same("headers") { api, world, told in
            var words: [String] = []
            for reference in references(world) { words.append(told(try await api.blockHeader(reference).value)) }
            return words
        },
        .same("full blocks") { api, world, told in
            var words: [String] = []
            for reference in references(world) { words.append(told(try await api.block(reference, full: true).value)) }
            return words
        },
        .same("light blocks") { api, world, told in
            var words: [String] = []
            for reference in references(world) { words.append(told(try await api.block(reference, full: false).value)) }
            return words
        },
        .same("a collection, by its ids and whole") { api, world, _ in
            let id = world.succeeded.collectionID
            return ["\(try await api.collection(id).value)", "\(try await api.fullCollection(id).value)"]
        },
    ]

    static let transactions: [AccessClaim] = [
        .same("transactions, by id and of a block") { api, world, _ in
            let id = world.succeeded.transactionID
            return [
                "\(try await api.transaction(id, blockID: nil, collectionID: nil).value)",
                "\(try await api.transactions(inBlock: world.succeeded.blockID).value)",
            ]
        },
        .same("results, of success, of failure, of each in a block and of all of them") { api, world, _ in
            let block = world.failed.blockID
            var words: [String] = []
            for id in [world.succeeded.transactionID, world.failed.transactionID] {
                let result = try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC)
                words.append("\(result.value)")
            }
            let all = try await api.transactionResults(inBlock: block, encoding: .jsonCDC).value
            for index in all.indices {
                let one = try await api.transactionResult(inBlock: block, index: UInt32(index), encoding: .jsonCDC)
                words.append("\(one.value)")
            }
            return words + ["\(all)"]
        },
        .says("the result of a transaction that nobody sent is a status", ["unknown 0"]) { api, _ in
            let id = TransactionID(raw: unknown.raw)
            let result = try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
            return ["\(result.status) \(result.statusCode)"]
        },
    ]

    static let state: [AccessClaim] = [
        .same("accounts, balances and keys, now and then") { api, world, _ in
            var words: [String] = []
            for address in [world.account.address, world.service] {
                for state in [StateReference.latest, .height(world.succeeded.blockHeight)] {
                    words.append("\(try await api.accountBalance(address, at: state).value)")
                    words.append("\(try await api.accountKeys(address, at: state).value)")
                    words.append("\(try await api.accountKey(address, index: 0, at: state).value)")
                    var account = try await api.account(address, at: state).value
                    // In an order of their own in every dictionary.
                    words += account.contracts.sorted { $0.key < $1.key }.map { "\($0)" }
                    account.contracts = [:]
                    words.append("\(account)")
                }
            }
            return words
        },
        .same("what scripts say, at which block") { api, world, _ in
            let height = Array("access(all) fun main(): UInt64 { return getCurrentBlock().height }".utf8)
            var words: [String] = []
            for block in [BlockReference.latestSealed, .height(2), .id(world.succeeded.blockID)] {
                words.append("\(try await api.executeScript(height, arguments: [], at: block).value)")
            }
            return words
        },
        .same("events, of heights, of blocks and past the head") { api, world, _ in
            let type = "flow.AccountCreated"
            var words: [String] = []
            for range: ClosedRange<BlockHeight> in [0...3, 0...200] {
                words.append("\(try await api.events(ofType: type, heights: range, encoding: .jsonCDC).value)")
            }
            let ids = [world.succeeded.blockID, world.failed.blockID]
            return words + ["\(try await api.events(ofType: type, blockIDs: ids, encoding: .jsonCDC).value)"]
        },
    ]

    static let execution: [AccessClaim] = [
        .same("execution results and receipts") { api, world, told in
            let block = world.succeeded.blockID
            let receipts = try await api.executionReceipts(forBlock: block, includeResult: true).value
            var words = receipts.map { told($0) }
            words.append(told(try await api.executionResult(forBlock: block).value))
            guard let id = receipts.first.flatMap({ Identifier(bytes: $0.meta.resultID) }) else { return words }
            words.append(told(try await api.executionResult(id).value))
            let bare = try await api.executionReceipts(forResult: id, includeResult: false).value
            return words + bare.map { told($0) }
        }
    ]

    // MARK: What the HTTP API has no route for, each asked alone

    static let systemOnes: [AccessClaim] = [
        .same("a system transaction", notOverHTTP: "the HTTP API has no question for system transactions") {
            api, world in try await api.systemTransaction(inBlock: world.succeeded.blockID, transactionID: nil).value
        },
        .same(
            "the result of a system transaction",
            notOverHTTP: "the HTTP API has no question for results of system transactions"
        ) { api, world in
            try await api.systemTransactionResult(
                inBlock: world.succeeded.blockID, transactionID: nil, encoding: .jsonCDC
            ).value
        },
    ]

    private static let noCCF = "the HTTP API has no events in CCF"

    static let inCCF: [AccessClaim] = [
        .same("a result in CCF", notOverHTTP: noCCF) { api, world in
            try await api.transactionResult(
                world.succeeded.transactionID, blockID: nil, collectionID: nil, encoding: .ccf
            ).value
        },
        .same("a result by its index in CCF", notOverHTTP: noCCF) { api, world in
            try await api.transactionResult(inBlock: world.succeeded.blockID, index: 0, encoding: .ccf).value
        },
        .same("the results of a block in CCF", notOverHTTP: noCCF) { api, world in
            try await api.transactionResults(inBlock: world.succeeded.blockID, encoding: .ccf).value
        },
        .same("events of heights in CCF", notOverHTTP: noCCF) { api, _ in
            try await api.events(ofType: "flow.AccountCreated", heights: 0...3, encoding: .ccf).value
        },
        .same("events of blocks in CCF", notOverHTTP: noCCF) { api, world in
            try await api.events(ofType: "flow.AccountCreated", blockIDs: [world.succeeded.blockID], encoding: .ccf)
                .value
        },
        .same("a stream of events in CCF", notOverHTTP: noCCF) { api, _ in
            try await first(
                2, api.subscribeEvents(from: .height(0), filter: EventFilter(), heartbeat: 1, encoding: .ccf))
        },
        .same("a stream of accounts in CCF", notOverHTTP: noCCF) { api, _ in
            try await first(
                2,
                api.subscribeAccountStatuses(
                    from: .height(0), filter: AccountStatusFilter(), heartbeat: 1, encoding: .ccf))
        },
        .same("what is asked for in CCF first, had or not, is there in JSON-CDC") { api, world, _ in
            let (id, block) = (world.succeeded.transactionID, world.succeeded.blockID)
            let type = "flow.AccountCreated"
            _ = try? await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .ccf)
            _ = try? await api.transactionResults(inBlock: block, encoding: .ccf)
            _ = try? await api.events(ofType: type, heights: 0...3, encoding: .ccf)
            _ = try? await api.events(ofType: type, blockIDs: [block], encoding: .ccf)
            _ = try? await first(
                1, api.subscribeEvents(from: .height(0), filter: EventFilter(), heartbeat: 1, encoding: .ccf))
            return [
                "\(try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value)",
                "\(try await api.transactionResults(inBlock: block, encoding: .jsonCDC).value)",
                "\(try await api.events(ofType: type, heights: 0...3, encoding: .jsonCDC).value)",
                "\(try await api.events(ofType: type, blockIDs: [block], encoding: .jsonCDC).value)",
            ]
                + (try await first(
                    1, api.subscribeEvents(from: .height(0), filter: EventFilter(), heartbeat: 1, encoding: .jsonCDC)))
        },
        AccessClaim(
            name: "sending and watching in CCF",
            outcome: .words(["pending", "finalized", "executed", "sealed", "the end"]), notOverHTTP: noCCF
        ) { api, world, _ in
            try await first(9, api.sendAndSubscribe(try await world.transaction(), encoding: .ccf)) { "\($0.status)" }
        },
    ]

    static let executionData: [AccessClaim] = [
        .same("execution data", notOverHTTP: "the HTTP API has no execution data") { api, world in
            try await api.executionData(forBlock: world.succeeded.blockID, encoding: .ccf).value
        },
        .same("a stream of execution data", notOverHTTP: "the HTTP API has no streams of execution data") { api, _ in
            try await first(2, api.subscribeExecutionData(from: .height(0), encoding: .ccf))
        },
    ]
}
