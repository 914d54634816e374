import Devnet
import FlowClient
import Signer

/// One thing to ask, and what is said, in words: values, or the kind of refusal. Said by a transport it must be what the
/// node says in process, or what the claim itself says where asking changes the chain.
struct AccessClaim: Sendable {
    typealias Ask = @Sendable (any AccessAPI, ConformanceWorld, Told) async throws -> [String]
    let name: String
    var expected: [String]?
    let ask: Ask
}

/// Every claim about `AccessAPI`, for each of its implementations.
enum AccessConformance {
    static let claims: [AccessClaim] = network + blocks + transactions + state + execution + streams + sending

    private static func claim(_ name: String, exactly expected: [String]? = nil, _ ask: @escaping AccessClaim.Ask)
        -> AccessClaim
    {
        AccessClaim(name: name, expected: expected, ask: ask)
    }

    /// What came of a call: its value in words, or the kind of its refusal.
    static func said(_ body: () async throws -> String) async throws -> String {
        do { return try await body() } catch let error as AccessError { return "refused: \(error.code)" }
    }

    /// The first messages of a stream, and how it went on where it ended before.
    static func first<Element>(
        _ count: Int, _ stream: AccessStream<Element>, _ word: (Element) -> String = { "\($0)" }
    ) async throws -> [String] {
        var words: [String] = []
        do {
            for try await element in stream {
                words.append(word(element))
                if words.count == count { return words }
            }
            return words + ["the end"]
        } catch let error as AccessError { return words + ["refused: \(error.code)"] }
    }

    private static let unknown = BlockID(raw: Identifier(bytes: [UInt8](repeating: 0xab, count: 32))!)

    private static let network = [
        claim("the network, and what the node is") { api, _, _ in
            try await api.ping()
            return ["\(try await api.networkParameters().value)", "\(try await api.nodeVersionInfo().value)"]
        }
    ]

    private static func references(_ world: ConformanceWorld) -> [BlockReference] {
        [
            .latestSealed, .latestFinalized, .height(0), .height(1), .id(world.succeeded.blockID), .height(99_999),
            .id(unknown),
        ]
    }

    private static let blocks = [
        claim("headers, and blocks that are not there") { api, world, told in
            var words: [String] = []
            for reference in references(world) {
                words.append(try await said { told(try await api.blockHeader(reference).value) })
            }
            return words
        },
        claim("blocks, light and full") { api, world, told in
            var words: [String] = []
            for reference in references(world) {
                for full in [true, false] {
                    // Over HTTP seals are told of either kind.
                    let isWhole = full || world.isNarrow
                    words.append(
                        try await said {
                            told(try await api.block(reference, full: isWhole).value)
                        })
                }
            }
            return words
        },
        claim("collections") { api, world, _ in
            let id = world.succeeded.collectionID
            return [
                "\(try await api.collection(id).value)", "\(try await api.fullCollection(id).value)",
                try await said { "\(try await api.collection(CollectionID(raw: unknown.raw)).value)" },
            ]
        },
    ]

    private static let transactions = [
        claim("transactions, and one that nobody sent") { api, world, _ in
            let block = world.succeeded.blockID
            return [
                "\(try await api.transaction(world.succeeded.transactionID, blockID: nil, collectionID: nil).value)",
                "\(try await api.transactions(inBlock: block).value)",
                try await said {
                    "\(try await api.transaction(TransactionID(raw: unknown.raw), blockID: nil, collectionID: nil).value)"
                },
                try await said { "\(try await api.transactions(inBlock: unknown).value)" },
            ]
        },
        claim("results: of success, of failure, of a transaction that nobody sent, by index, of a block") {
            api, world, _ in
            let block = world.failed.blockID
            var words: [String] = []
            for id in [world.succeeded.transactionID, world.failed.transactionID, TransactionID(raw: unknown.raw)] {
                let result = try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC)
                words.append("\(result.value)")
            }
            for index: UInt32 in [0, 1, 99] {
                words.append(
                    try await said {
                        "\(try await api.transactionResult(inBlock: block, index: index, encoding: .jsonCDC).value)"
                    })
            }
            words.append("\(try await api.transactionResults(inBlock: block, encoding: .jsonCDC).value)")
            return words
        },
        claim("results and events in CCF") { api, world, _ in
            let result = try await api.transactionResult(
                world.succeeded.transactionID, blockID: nil, collectionID: nil, encoding: .ccf)
            let events = try await api.events(ofType: "flow.AccountCreated", heights: 0...3, encoding: .ccf)
            return ["\(result.value)", "\(events.value)"]
        },
        claim("system transactions") { api, world, _ in
            let block = world.succeeded.blockID
            return [
                "\(try await api.systemTransaction(inBlock: block, transactionID: nil).value)",
                "\(try await api.systemTransactionResult(inBlock: block, transactionID: nil, encoding: .jsonCDC).value)",
            ]
        },
    ]

    private static let state = [
        claim("accounts, balances and keys, now and then, and those that are not there") { api, world, _ in
            var words: [String] = []
            let address = world.account.address
            for state in [StateReference.latest, .height(3), .height(0), .height(99_999)] {
                words.append(try await said { "\(try await api.accountBalance(address, at: state).value)" })
                words.append(try await said { "\(try await api.accountKeys(address, at: state).value)" })
                for index: KeyIndex in [0, 7] {
                    words.append(
                        try await said { "\(try await api.accountKey(address, index: index, at: state).value)" })
                }
                words.append(
                    try await said {
                        let account = try await api.account(address, at: state).value
                        return
                            "\(account.address) \(account.balance) \(account.keys) \(account.contracts.keys.sorted())"
                    })
            }
            // Of another network.
            words.append(
                try await said {
                    "\(try await api.account(Address(rawValue: 0x1654_6533_9904_0a61), at: .latest).value)"
                })
            return words
        },
        claim("scripts: what they say, at which block, and how they fail") { api, world, _ in
            let height = Array("access(all) fun main(): UInt64 { return getCurrentBlock().height }".utf8)
            var words: [String] = []
            for block in [
                BlockReference.latestSealed, .latestFinalized, .height(2), .id(world.succeeded.blockID), .id(unknown),
            ] {
                words.append(
                    try await said { "\(try await api.executeScript(height, arguments: [], at: block).value)" })
            }
            let sum = Array("access(all) fun main(a: Int, b: Int): Int { return a + b }".utf8)
            let numbers = [1, 2].map { JSONCDC.encode(.int(BigInt($0))) }
            for arguments in [numbers, Array(numbers.prefix(1)), []] {
                words.append(
                    try await said {
                        "\(try await api.executeScript(sum, arguments: arguments, at: .latestSealed).value)"
                    })
            }
            let panic = Array("access(all) fun main(): Int { panic(\"no\") }".utf8)
            words.append(
                try await said { "\(try await api.executeScript(panic, arguments: [], at: .latestSealed).value)" })
            return words
        },
        claim("events: of heights, of blocks, past the head, too many at once") { api, world, _ in
            let type = "flow.AccountCreated"
            let heights: [ClosedRange<BlockHeight>] = [0...3, 0...200, 5000...5001, 0...250]
            var words: [String] = []
            for range in heights {
                words.append(
                    try await said { "\(try await api.events(ofType: type, heights: range, encoding: .jsonCDC).value)" }
                )
            }
            for ids in [[world.succeeded.blockID, world.failed.blockID], [unknown]] {
                words.append(
                    try await said { "\(try await api.events(ofType: type, blockIDs: ids, encoding: .jsonCDC).value)" })
            }
            return words
        },
    ]

    private static let execution = [
        claim("execution results and receipts") { api, world, told in
            let block = world.succeeded.blockID
            let receipts = try await api.executionReceipts(forBlock: block, includeResult: true).value
            var words = receipts.map { told($0) }
            words.append(told(try await api.executionResult(forBlock: block).value))
            for id in [receipts.first.flatMap { Identifier(bytes: $0.meta.resultID) } ?? unknown.raw, unknown.raw] {
                words.append(try await said { told(try await api.executionResult(id).value) })
                words.append(
                    try await said {
                        try await api.executionReceipts(forResult: id, includeResult: false).value.map { told($0) }
                            .joined()
                    })
            }
            words.append(try await said { told(try await api.executionResult(forBlock: unknown).value) })
            return words
        },
        claim("execution data") { api, world, _ in
            ["\(try await api.executionData(forBlock: world.succeeded.blockID, encoding: .ccf).value)"]
        },
        claim("what this devnet has not is not there over any wire") { api, world, _ in
            [
                try await said { "\(try await api.protocolStateSnapshot(.latestFinalized).value)" },
                try await said { "\(try await api.registerValues([], at: 1).value)" },
                try await said { "\(try await api.scheduledTransaction(1).value)" },
            ]
        },
    ]
}
