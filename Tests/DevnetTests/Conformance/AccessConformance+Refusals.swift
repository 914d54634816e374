import Cadence
import Devnet
import FlowClient

/// What is not there, and what is asked wrongly: refused with the same code and in the same words, whoever carries them.
extension AccessConformance {
    static let absences: [AccessClaim] = [
        .refused(
            "a header above the head", .notFound, "could not find block at height 99999",
            overHTTP: "error looking up block at height 99999"
        ) { api, _ in try await api.blockHeader(.height(far)).value
        },
        .refused(
            "a header that nobody has", .notFound, "could not find block with ID ab",
            overHTTP: "error looking up block with ID ab"
        ) { api, _ in
            try await api.blockHeader(.id(unknown)).value
        },
        .refused(
            "a block above the head", .notFound, "could not find block at height 99999",
            overHTTP: "error looking up block at height 99999"
        ) { api, _ in
            try await api.block(.height(far), full: true).value
        },
        .refused(
            "a block that nobody has", .notFound, "could not find block with ID ab",
            overHTTP: "error looking up block with ID ab"
        ) { api, _ in
            try await api.block(.id(unknown), full: false).value
        },
        .refused("a collection that nobody has", .notFound, "could not find collection with ID") { api, _ in
            try await api.collection(CollectionID(raw: unknown.raw)).value
        },
        .refused("a whole collection that nobody has", .notFound, "could not find collection with ID") { api, _ in
            try await api.fullCollection(CollectionID(raw: unknown.raw)).value
        },
        .refused("a transaction that nobody sent", .notFound, "could not find transaction with ID ab") { api, _ in
            try await api.transaction(TransactionID(raw: unknown.raw), blockID: nil, collectionID: nil).value
        },
        .refused("transactions of a block that nobody has", .notFound, "could not find") { api, _ in
            try await api.transactions(inBlock: unknown).value
        },
        .refused("results of a block that nobody has", .notFound, "could not find") { api, _ in
            try await api.transactionResults(inBlock: unknown, encoding: .jsonCDC).value
        },
        .refused(
            "a result of an index that the block has not", .notFound, "could not find transaction",
            overHTTP: "and none of index 99"
        ) { api, world in
            try await api.transactionResult(inBlock: world.failed.blockID, index: 99, encoding: .jsonCDC).value
        },
        .refused("a scheduled transaction that nobody scheduled", .notFound, "scheduled") { api, _ in
            try await api.scheduledTransaction(1).value
        },
        .refused("the result of a scheduled transaction that nobody scheduled", .notFound, "scheduled") {
            api, _ in try await api.scheduledTransactionResult(1, encoding: .jsonCDC).value
        },
        .refused(
            "an account of another network", .invalidArgument,
            "address 1654653399040a61 is invalid for chain flow-emulator"
        ) { api, _ in
            try await api.account(foreign, at: .latest).value
        },
        .refused("an account before it was made", .notFound, "account not found") { api, world in
            try await api.account(world.account.address, at: .height(0)).value
        },
        .refused("a balance before there was one", .notFound, "account not found", overHTTP: "account not found") {
            api, world in
            try await api.accountBalance(world.account.address, at: .height(0)).value
        },
        .refused(
            "the keys of an account before it was made", .notFound, "account not found", overHTTP: "account not found"
        ) { api, world in
            try await api.accountKeys(world.account.address, at: .height(0)).value
        },
        .refused(
            "a key that the account has not", .notFound, "failed to get account key by index: 7",
            overHTTP: "failed to get account key by index: 7"
        ) { api, world in
            try await api.accountKey(world.account.address, index: 7, at: .latest).value
        },
        .refused("an account above the head", .notFound, "could not find") { api, world in
            try await api.account(world.account.address, at: .height(far)).value
        },
        .refused("events of a block that nobody has", .notFound, "could not find") { api, _ in
            try await api.events(ofType: "flow.AccountCreated", blockIDs: [unknown], encoding: .jsonCDC).value
        },
        .refused("events above the head", .outOfRange, "height") { api, _ in
            try await api.events(ofType: "flow.AccountCreated", heights: far...far, encoding: .jsonCDC).value
        },
        .refused("a stream from above the head", .notFound, "could not find block at height 99999") { api, _ in
            try await first(1, api.subscribeBlocks(from: .height(far), status: .sealed, full: true))
        },
        .refused("a stream of headers from a block that nobody has", .notFound, "could not find block with ID ab") {
            api, _ in try await first(1, api.subscribeBlockHeaders(from: .blockID(unknown), status: .finalized))
        },
        .refused("a stream of digests from a block that nobody has", .notFound, "could not find block with ID ab") {
            api, _ in try await first(1, api.subscribeBlockDigests(from: .blockID(unknown), status: .sealed))
        },
        .refused("a stream of events from a block that nobody has", .notFound, "could not find block with ID ab") {
            api, _ in
            try await first(
                1,
                api.subscribeEvents(from: .blockID(unknown), filter: EventFilter(), heartbeat: 1, encoding: .jsonCDC))
        },
        .refused("a script at a block that nobody has", .notFound, "could not find") { api, _ in
            try await api.executeScript(
                Array("access(all) fun main(): Int { return 1 }".utf8), arguments: [], at: .id(unknown)
            ).value
        },
        .refused(
            "an execution result of a block that nobody has", .notFound, "could not find block with ID ab",
            overHTTP: "no execution result of block ab"
        ) { api, _ in
            try await api.executionResult(forBlock: unknown).value
        },
        .refused("an execution result that nobody has", .notFound, "could not find") { api, _ in
            try await api.executionResult(unknown.raw).value
        },
        .refused("execution receipts of a block that nobody has", .notFound, "could not find") { api, _ in
            try await api.executionReceipts(forBlock: unknown, includeResult: true).value
        },
        .refused("execution receipts of a result that nobody has", .notFound, "could not find") { api, _ in
            try await api.executionReceipts(forResult: unknown.raw, includeResult: false).value
        },
        .refused(
            "a snapshot of the protocol's state", .unimplemented, "protocol state",
            notOverHTTP: "the HTTP API has no protocol state snapshots"
        ) { api, _ in try await api.protocolStateSnapshot(.latestFinalized).value },
        .refused(
            "values of registers", .unimplemented, "register", notOverHTTP: "the HTTP API has no register values"
        ) { api, _ in try await api.registerValues([], at: 1).value },
    ]

    private static let sum = Array("access(all) fun main(a: Int, b: Int): Int { return a + b }".utf8)

    static let refusals: [AccessClaim] = [
        .refused("a script that is none", .invalidArgument, "[Error Code: 1101]") { api, _ in
            try await api.executeScript(Array("nonsense".utf8), arguments: [], at: .latestSealed).value
        },
        .refused("a script that is given too little", .invalidArgument, "Error Code: 1") { api, _ in
            try await api.executeScript(sum, arguments: [JSONCDC.encode(.int(1))], at: .latestSealed).value
        },
        .refused("a script that panics", .invalidArgument, "panic: no") { api, _ in
            let panic = Array("access(all) fun main(): Int { panic(\"no\") }".utf8)
            return try await api.executeScript(panic, arguments: [], at: .latestSealed).value
        },
        .refused("a script at the latest finalized block", .invalidArgument, "scripts run against executed blocks") {
            api, _ in try await api.executeScript(sum, arguments: [], at: .latestFinalized).value
        },
        .refused(
            "events of more heights than are answered at once", .invalidArgument, "exceeded maximum (250)",
            overHTTP: "exceeds maximum allowed of 250"
        ) { api, _ in
            try await api.events(ofType: "flow.AccountCreated", heights: 0...250, encoding: .jsonCDC).value
        },
    ]
}
