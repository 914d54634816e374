import Devnet
import FlowClient

extension AccessConformance {
    private static let unknown = BlockID(raw: Identifier(bytes: [UInt8](repeating: 0xab, count: 32))!)

    private static func starts(_ world: ConformanceWorld) -> [StreamStart] {
        [.height(1), .blockID(world.failed.blockID)]
    }

    static let streams: [AccessClaim] = [
        AccessClaim(name: "streams of blocks, headers and digests, from where they are told to begin") {
            api, world, told in
            var words: [String] = []
            for start in starts(world) {
                words += try await first(4, api.subscribeBlocks(from: start, status: .sealed, full: true)) { told($0) }
                words += try await first(4, api.subscribeBlockHeaders(from: start, status: .finalized)) { header in
                    // A stream of headers says nothing beside them.
                    var header = header
                    header.status = .unknown
                    return told(header)
                }
                words += try await first(4, api.subscribeBlockDigests(from: start, status: .sealed))
            }
            return words
        },
        AccessClaim(name: "streams of events and accounts, with a heartbeat in silence and numbered messages") {
            api, world, _ in
            var words: [String] = []
            let filters = [
                EventFilter(eventTypes: ["flow.AccountCreated"]), EventFilter(addresses: ["0ae53cb6e3f42a79"]),
                EventFilter(contracts: ["A.0ae53cb6e3f42a79.FlowToken"]), EventFilter(eventTypes: ["nonsense"]),
            ]
            for filter in filters {
                for heartbeat: UInt64 in [1, 3] {
                    words += try await first(
                        3,
                        api.subscribeEvents(from: .height(0), filter: filter, heartbeat: heartbeat, encoding: .jsonCDC))
                }
            }
            for types in [["flow.AccountCreated"], [], ["A.0ae53cb6e3f42a79.FlowToken.TokensDeposited"]] {
                let filter = AccountStatusFilter(eventTypes: types, addresses: [world.account.address])
                words += try await first(
                    3, api.subscribeAccountStatuses(from: .height(0), filter: filter, heartbeat: 2, encoding: .jsonCDC))
            }
            return words
        },
        AccessClaim(name: "a stream from a block that is not there") { api, world, told in
            var words: [String] = []
            for start in [StreamStart.height(99_999), .blockID(unknown)] {
                words += try await first(1, api.subscribeBlocks(from: start, status: .sealed, full: true)) { told($0) }
                words += try await first(1, api.subscribeBlockHeaders(from: start, status: .finalized)) { told($0) }
                words += try await first(1, api.subscribeBlockDigests(from: start, status: .sealed))
            }
            return words
        },
        AccessClaim(name: "a stream goes on with the blocks that come") { api, world, _ in
            let head = world.node.finalizedHeight
            var heights: [String] = []
            for try await digest in api.subscribeBlockDigests(from: .height(head), status: .sealed) {
                heights.append("\(digest.height.rawValue - head.rawValue)")
                if heights.count == 4 { break }
                world.node.makeBlock()
            }
            return heights
        },
        AccessClaim(name: "a stream of events in CCF") { api, _, _ in
            try await first(
                2, api.subscribeEvents(from: .height(0), filter: EventFilter(), heartbeat: 1, encoding: .ccf))
        },
        AccessClaim(name: "a stream of execution data") { api, _, _ in
            try await first(2, api.subscribeExecutionData(from: .height(0), encoding: .ccf))
        },
    ]

    /// These change the chain: what they say is free of ids.
    static let sending: [AccessClaim] = [
        AccessClaim(name: "a transaction is taken, and is sealed", expected: ["the same id", "sealed 0"]) {
            api, world, _ in
            let transaction = try await world.transaction()
            let id = try await api.send(transaction).value
            let result = try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
            return [id == transaction.id ? "the same id" : "another id", "\(result.status) \(result.statusCode)"]
        },
        AccessClaim(
            name: "a transaction that was wrong from the start is refused",
            expected: ["refused: invalidArgument", "refused: invalidArgument"]
        ) { api, world, _ in
            var words: [String] = []
            for transaction in [
                try await world.transaction { $0.referenceBlockID = unknown },
                try await world.transaction { $0.computationLimit = 99_999 },
            ] { words.append(try await said { "\(try await api.send(transaction).value)" }) }
            return words
        },
        AccessClaim(
            name: "sending and watching: every status in order, each once, and the end",
            expected: ["pending", "finalized", "executed", "sealed", "the end"]
        ) { api, world, _ in
            try await first(9, api.sendAndSubscribe(try await world.transaction(), encoding: .jsonCDC)) {
                "\($0.status)"
            }
        },
        AccessClaim(
            name: "sending and watching: a refusal is the stream's error", expected: ["refused: invalidArgument"]
        ) {
            api, world, _ in
            let transaction = try await world.transaction { $0.referenceBlockID = unknown }
            return try await first(9, api.sendAndSubscribe(transaction, encoding: .jsonCDC)) { "\($0.status)" }
        },
    ]
}
