import Devnet
import FlowClient

/// The same questions asked otherwise: with what may be left out, with nothing, for what is not there, many at once.
extension AccessConformance {
    static let variants: [AccessClaim] = [
        .same("a transaction and its result, looked for in their block and in their collection") { api, world, _ in
            let (id, block, collection) = (
                world.succeeded.transactionID, world.succeeded.blockID, world.succeeded.collectionID
            )
            var words: [String] = []
            for (block, collection) in [(block, nil), (nil, collection), (block, collection)]
                as [(BlockID?, CollectionID?)]
            {
                words.append("\(try await api.transaction(id, blockID: block, collectionID: collection).value)")
                let result = try await api.transactionResult(
                    id, blockID: block, collectionID: collection, encoding: .jsonCDC)
                words.append("\(result.value)")
            }
            return words
        },
        .same("streams from the latest block") { api, _, told in
            var words = try await first(1, api.subscribeBlocks(from: .latest, status: .sealed, full: true)) { told($0) }
            words += try await first(1, api.subscribeBlockDigests(from: .latest, status: .finalized))
            words += try await first(
                1, api.subscribeEvents(from: .latest, filter: EventFilter(), heartbeat: 1, encoding: .jsonCDC))
            return words
                + (try await first(
                    1,
                    api.subscribeAccountStatuses(
                        from: .latest, filter: AccountStatusFilter(), heartbeat: 1, encoding: .jsonCDC)))
        },
        .same("sixty-four calls at once, each with its own answer") { api, world, told in
            let head = world.node.finalizedHeight.rawValue
            return try await withThrowingTaskGroup(of: (UInt64, String).self) { group in
                for call in 0..<64 as Range<UInt64> {
                    group.addTask { (call, told(try await api.blockHeader(.height(BlockHeight(call % head))).value)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        },
        .says("events of no blocks", ["[]"]) { api, _ in
            ["\(try await api.events(ofType: "flow.AccountCreated", blockIDs: [], encoding: .jsonCDC).value)"]
        },
        .refused("events of no type", .invalidArgument, "invalid event type", overHTTP: "event type must be provided") {
            api, _ in
            try await api.events(ofType: "", heights: 0...3, encoding: .jsonCDC).value
        },
        .same("a system transaction by its id", notOverHTTP: "the HTTP API has no question for system transactions") {
            api, world in
            let last = try await world.node.transactions(inBlock: world.succeeded.blockID).value.last
            return try await api.systemTransaction(inBlock: world.succeeded.blockID, transactionID: last?.id).value
        },
        .refused(
            "a transaction that is not the system's, as one of its own", .notFound,
            "could not find transaction with ID",
            notOverHTTP: "the HTTP API has no question for system transactions"
        ) { api, world in
            try await api.systemTransaction(
                inBlock: world.succeeded.blockID, transactionID: world.succeeded.transactionID
            ).value
        },
        .refused(
            "the result of a system transaction that is none", .notFound, "could not find transaction with ID ab",
            notOverHTTP: "the HTTP API has no question for results of system transactions"
        ) { api, world in
            try await api.systemTransactionResult(
                inBlock: world.succeeded.blockID, transactionID: TransactionID(raw: unknown.raw), encoding: .jsonCDC
            ).value
        },
        .refused("a stream of blocks of no status", .invalidArgument, statusWords, overHTTP: statusWords) { api, _ in
            try await first(1, api.subscribeBlocks(from: .height(0), status: .unknown, full: true))
        },
        .refused("a stream of headers of no status", .invalidArgument, statusWords, overHTTP: statusWords) { api, _ in
            try await first(1, api.subscribeBlockHeaders(from: .height(0), status: .unknown))
        },
        .refused("a stream of digests of no status", .invalidArgument, statusWords, overHTTP: statusWords) { api, _ in
            try await first(1, api.subscribeBlockDigests(from: .height(0), status: .unknown))
        },
        .says("the same transaction sent again is the same, and is executed once", ["one id", "one in the block"]) {
            api, world in
            let transaction = try await world.transaction()
            var ids: Set<TransactionID> = []
            for _ in 0..<3 { ids.insert(try await api.send(transaction).value) }
            let result = try await api.transactionResult(
                transaction.id, blockID: nil, collectionID: nil, encoding: .jsonCDC
            ).value
            var found = 0
            for height in world.failed.blockHeight.rawValue...world.node.finalizedHeight.rawValue {
                let block = try await api.blockHeader(.height(BlockHeight(height))).value.id
                found += try await api.transactions(inBlock: block).value.count { $0.id == transaction.id }
            }
            return [
                ids == [transaction.id] && result.status == .sealed ? "one id" : "\(ids) \(result.status)",
                found == 1 ? "one in the block" : "\(found)",
            ]
        },
        .says("what is watched to the end is what is asked for afterwards", ["the same"]) { api, world in
            let transaction = try await world.transaction()
            var last: TransactionResult?
            for try await result in api.sendAndSubscribe(transaction, encoding: .jsonCDC) { last = result }
            let result = try await api.transactionResult(
                transaction.id, blockID: nil, collectionID: nil, encoding: .jsonCDC
            ).value
            return [last == result ? "the same" : "\(String(describing: last)) and \(result)"]
        },
    ]

    private static let statusWords = "block status is unknown"
}
