import Devnet
import FlowClient

extension AccessConformance {
    private static func starts(_ world: ConformanceWorld) -> [StreamStart] {
        [.height(1), .blockID(world.failed.blockID)]
    }

    static let streams: [AccessClaim] = [
        .same("streams of blocks, full and light, from where they are told to begin") { api, world, told in
            var words: [String] = []
            for start in starts(world) {
                for full in [true, false] {
                    words += try await first(4, api.subscribeBlocks(from: start, status: .sealed, full: full)) {
                        told($0)
                    }
                }
            }
            return words
        },
        .same("streams of headers and digests, from where they are told to begin") { api, world, told in
            var words: [String] = []
            for start in starts(world) {
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
        .same("streams of events, with a heartbeat in silence and numbered messages") { api, world, _ in
            var words: [String] = []
            let filters = [
                EventFilter(), EventFilter(eventTypes: ["flow.AccountCreated"]),
                EventFilter(addresses: ["0ae53cb6e3f42a79"]), EventFilter(contracts: ["A.0ae53cb6e3f42a79.FlowToken"]),
            ]
            for filter in filters {
                for heartbeat: UInt64 in [1, 3] {
                    words += try await first(
                        3,
                        api.subscribeEvents(from: .height(0), filter: filter, heartbeat: heartbeat, encoding: .jsonCDC))
                }
            }
            return words
        },
        .same("streams of accounts, with a heartbeat in silence and numbered messages") { api, world, _ in
            var words: [String] = []
            for types in [["flow.AccountCreated"], []] {
                for addresses in [[world.account.address], []] {
                    let filter = AccountStatusFilter(eventTypes: types, addresses: addresses)
                    words += try await first(
                        3,
                        api.subscribeAccountStatuses(from: .height(0), filter: filter, heartbeat: 2, encoding: .jsonCDC)
                    )
                }
            }
            return words
        },
        .says("a stream goes on with the blocks that come", ["0", "1", "2", "3"]) { api, world in
            let head = world.node.finalizedHeight
            return try await first(4, api.subscribeBlockDigests(from: .height(head), status: .sealed)) { digest in
                world.node.makeBlock()
                return "\(digest.height.rawValue - head.rawValue)"
            }
        },
    ]

    /// These change the chain: what they say is free of ids.
    static let sending: [AccessClaim] = [
        .says("a transaction is taken, and is sealed", ["the same id", "sealed 0"]) { api, world in
            let transaction = try await world.transaction()
            let id = try await api.send(transaction).value
            let result = try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
            return [id == transaction.id ? "the same id" : "another id", "\(result.status) \(result.statusCode)"]
        },
        .refused("a transaction whose reference block nobody has", .invalidArgument, "reference block") {
            api, world in try await api.send(try await world.transaction { $0.referenceBlockID = unknown }).value
        },
        .refused(
            "a transaction that wants more computation than there is", .invalidArgument,
            "exceeds the maximum compute limit"
        ) {
            api, world in try await api.send(try await world.transaction { $0.computationLimit = 99_999 }).value
        },
        .says(
            "sending and watching: every status in order, each once, and the end",
            ["pending", "finalized", "executed", "sealed", "the end"]
        ) { api, world in
            try await first(9, api.sendAndSubscribe(try await world.transaction(), encoding: .jsonCDC)) {
                "\($0.status)"
            }
        },
        .refused("sending and watching: a refusal is the stream's error", .invalidArgument, "reference block") {
            api, world in
            let transaction = try await world.transaction { $0.referenceBlockID = unknown }
            return try await first(9, api.sendAndSubscribe(transaction, encoding: .jsonCDC)) { "\($0.status)" }
        },
    ]
}
