import Cadence
import Devnet
import FlowClient
import Foundation
import Signer
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DevnetNodeTests {
    @Test func `three hundred airdrops fit into a transaction and five hundred are too many events`() async throws {
        let chain = try await TestChain.withRelease(supply: 2000)
        let first = try await chain.airdrop(0..<300)
        #expect(first.statusCode == 0)
        #expect(first.events.count == 900)
        let second = try await chain.airdrop(300..<800)
        #expect(second.errorMessage.hasPrefix("[Error Code: 1105]"))
        #expect(second.errorMessage.contains("total event byte size"))
        #expect(second.events.isEmpty)
        // A failed transaction has used its number, and minted nothing.
        #expect(try await chain.airdrop(800..<801).events.first?.fields["serial"] == .uint64(301))
    }

    @Test func `two hundred listings fit into a transaction and three hundred do not`() async throws {
        let chain = try await TestChain.withRelease(supply: 2000, price: 100)
        let later = UInt64(Date().timeIntervalSince1970) + 1000
        func mint(_ batch: String, _ count: Int) async throws -> TransactionResult {
            try await chain.run(
                "mint_and_list",
                [
                    .string("op-CJnUyYBXrZgS7XKmRmGg2v"), .string(TestChain.release), .string(batch),
                    .int(BigInt(count)), .uint64(later),
                ])
        }
        #expect(try await mint("first", 200).statusCode == 0)
        #expect(try await mint("second", 300).errorMessage.hasPrefix("[Error Code: 1105]"))
        #expect(try await mint("second", 1).statusCode == 0)
    }

    @Test func `a computation limit stops a batch in the middle, and nothing of it stays`() async throws {
        let chain = try await TestChain.withRelease(supply: 2000)
        let result = try await chain.airdrop(0..<100, limit: 500)
        #expect(result.errorMessage.hasPrefix("[Error Code: 1110]"))
        #expect(try await chain.airdrop(0..<1).events.first?.fields["serial"] == .uint64(1))
    }

    @Test func `a thousand airdrops take well under a second`() async throws {
        let chain = try await TestChain.withRelease(supply: 2000)
        let start = ContinuousClock.now
        for batch in 0..<4 { #expect(try await chain.airdrop(batch * 250..<(batch + 1) * 250).statusCode == 0) }
        // Unoptimised and beside other tests; a release build takes a tenth of it.
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func `of two transactions in one slot the first runs and the second is told both numbers`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        let one = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        let two = try await chain.client.transaction(script: TestChain.nothing + " // other", [], by: chain.service)
        _ = try await chain.node.send(one)
        _ = try await chain.node.send(two)
        chain.node.makeBlock()
        #expect(try await chain.result(one.id).statusCode == 0)
        let lost = try await chain.result(two.id)
        #expect(lost.status == .sealed)
        #expect(lost.errorMessage.contains("[Error Code: 1007]"))
        #expect(lost.errorMessage.contains("has sequence number 1, but given 0"))
    }

    @Test func `a public node takes a duplicate in silence and refuses with invalidArgument`() async throws {
        let chain = try await TestChain.make { $0.style = .publicNode }
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        #expect(try await chain.node.send(transaction).value == transaction.id)
        #expect(try await chain.node.send(transaction).value == transaction.id)
        #expect(chain.node.finalizedHeight == 2)
        let bad = transaction.with { $0.computationLimit = 0 }
        let error = await #expect(throws: AccessError.self) { try await chain.node.send(bad) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.hasPrefix("invalid transaction: ") == true)
    }

    @Test func `a public node's ranges are capped, cut short in silence and refused beyond the head`() async throws {
        let chain = try await TestChain.make {
            $0.style = .publicNode
            $0.blockMaking = .onDemand
        }
        chain.node.makeBlocks(300)
        func codes(_ range: ClosedRange<BlockHeight>) async throws -> AccessError.Code? {
            do {
                _ = try await chain.node.events(ofType: "flow.AccountCreated", heights: range, encoding: .ccf)
                return nil
            } catch let error as AccessError { return error.code }
        }
        #expect(try await codes(0...249) == nil)
        #expect(try await codes(0...250) == .invalidArgument)
        #expect(try await codes(301...302) == .outOfRange)
        let cut = try await chain.node.events(ofType: "flow.AccountCreated", heights: 290...310, encoding: .ccf).value
        #expect(cut.map(\.blockHeight.rawValue) == Array(290...300))
    }

    @Test func `what waits too long expires, and its number is unused`() async throws {
        let chain = try await TestChain.make {
            $0.style = .publicNode
            $0.expiry = 40
            $0.blockMaking = .onDemand
        }
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        chain.node.misbehave { $0.holdsTransactions = true }
        _ = try await chain.node.send(transaction)
        chain.node.makeBlocks(40)
        #expect(try await chain.result(transaction.id).status == .pending)
        chain.node.makeBlock()
        #expect(try await chain.result(transaction.id).status == .expired)
        let key = try await chain.node.accountKey(chain.service.address, index: 0, at: .latest).value
        #expect(key.sequenceNumber == 0)
    }

    @Test func `before it is sealed a result can be seen and an account can not`() async throws {
        let chain = try await TestChain.make {
            $0.sealLag = 3
            $0.blockMaking = .onDemand
        }
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        _ = try await chain.node.send(transaction)
        chain.node.makeBlock()
        #expect(try await chain.result(transaction.id).status == .executed)
        #expect(try await chain.node.blockHeader(.latestSealed).value.height == 0)
        #expect(try await chain.node.accountKey(chain.service.address, index: 0, at: .latest).value.sequenceNumber == 0)
        chain.node.makeBlocks(3)
        #expect(try await chain.result(transaction.id).status == .sealed)
        #expect(try await chain.node.accountKey(chain.service.address, index: 0, at: .latest).value.sequenceNumber == 1)
    }

    @Test func `a script that nobody knows fails plainly, and uses its number`() async throws {
        let chain = try await TestChain.make()
        let unknown = "transaction { prepare(a: &Account) { for x in [1, 2] { log(x) } } }"
        let result = try await chain.client.run(
            chain.client.transaction(script: unknown, [], by: chain.service))
        #expect(result.errorMessage.contains("this devnet does not run Cadence"))
        let error = await #expect(throws: AccessError.self) {
            try await chain.node.executeScript(
                Array("access(all) fun main() { foo() }".utf8), arguments: [], at: .latestSealed)
        }
        #expect(error?.code == .invalidArgument)
        #expect(try await chain.node.accountKey(chain.service.address, index: 0, at: .latest).value.sequenceNumber == 1)
    }

    @Test func `the journal brings the same chain back, block by block, and goes on`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "devnet-\(UUID()).journal").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let chain = try await TestChain.withRelease(supply: 10, configure: { $0.journalPath = path })
        _ = try await chain.airdrop(0..<3)
        let head = try await chain.node.blockHeader(.latestFinalized).value
        // The last write was cut off.
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("T AAAA".utf8))

        let again = try TestChain(configure: { $0.journalPath = path })
        #expect(try await again.node.blockHeader(.latestFinalized).value == head)
        let platform = DevnetAccount(address: chain.platform.address, signer: Keys.platform)
        again.platform = platform
        let result = try await again.airdrop(3..<4)
        #expect(result.events.first?.fields["serial"] == .uint64(4))
        #expect(result.blockHeight.rawValue == head.height.rawValue + 1)
        let third = try TestChain(configure: { $0.journalPath = path })
        #expect(third.node.finalizedHeight == result.blockHeight)
    }

    @Test func `a journal that makes no sense is refused`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "devnet-\(UUID()).journal").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        for text in ["B 2 1000\n", "X\n", "T ====\nB 1 1000\n", "K 00\n"] {
            try Data(text.utf8).write(to: URL(filePath: path))
            #expect(throws: (any Error).self) { try TestChain(configure: { $0.journalPath = path }) }
        }
    }

    @Test func `states older than what is kept can't be asked about, and blocks still can`() async throws {
        let chain = try await TestChain.make {
            $0.stateHistory = 3
            $0.blockMaking = .onDemand
        }
        chain.node.makeBlocks(10)
        #expect(try await chain.node.accountBalance(chain.service.address, at: .height(8)).value > 0)
        let error = await #expect(throws: AccessError.self) {
            try await chain.node.accountBalance(chain.service.address, at: .height(7))
        }
        #expect(error?.code == .outOfRange)
        #expect(try await chain.node.block(.height(7), full: true).value.height == 7)
    }
}

/// A chain for one test.
final class TestChain {
    let node: DevnetNode
    let client: DevnetClient
    let service = DevnetAccount.service(Keys.service)
    var platform = DevnetAccount(address: Address(rawValue: 0), signer: Keys.platform)

    /// As long as ids of the platform are: what events weigh decides how many fit.
    static let release = "rel-CJnUyYBXrZgS7XKmRmGg2v"
    static let pass = "FbVzVFnAAgWFP9h3kTSt2y"
    static let nothing = "transaction { prepare(a: &Account) {} }"

    init(configure: (inout DevnetConfiguration) -> Void = { _ in }) throws {
        var configuration = Keys.configuration
        configure(&configuration)
        node = try DevnetNode(configuration: configuration)
        client = DevnetClient(api: node)
    }

    static func make(_ configure: (inout DevnetConfiguration) -> Void = { _ in }) async throws -> TestChain {
        try TestChain(configure: configure)
    }

    /// With the platform, a brand, a pass and a release.
    static func withRelease(
        supply: UInt64, price: UInt64 = 0, configure: (inout DevnetConfiguration) -> Void = { _ in }
    ) async throws -> TestChain {
        let chain = try TestChain(configure: configure)
        chain.platform = try await DevnetBootstrap(api: chain.node, serviceSigner: Keys.service)
            .platform(signer: Keys.platform, proposalKeys: 1)
        try await chain.client.succeed("create_brands", Arguments.brand("b"), by: chain.platform)
        try await chain.client.succeed("create_passes", Arguments.pass(pass, brand: "b"), by: chain.platform)
        try await chain.client.succeed(
            "schedule_release", Arguments.release(release, pass: pass, supply: supply, price: price), by: chain.platform
        )
        return chain
    }

    func run(_ template: String, _ arguments: [CadenceValue]) async throws -> TransactionResult {
        try await client.run(client.transaction(template, arguments, by: platform))
    }

    /// To lockers, one a row.
    func airdrop(_ rows: Range<Int>, limit: UInt64 = 9999) async throws -> TransactionResult {
        let arguments = Arguments.airdrop(
            rows.map { (String(format: "row-%018d", $0), nil, String(format: "usr-%018d", $0)) }, release: Self.release)
        guard limit != 9999 else { return try await run("airdrop_passes", arguments) }
        var transaction = try await client.transaction("airdrop_passes", arguments, by: platform)
        transaction.computationLimit = limit
        transaction.envelopeSignatures = []
        let signature = try await Keys.platform.sign(transaction.envelopeMessage())
        transaction.addEnvelopeSignature(.init(address: platform.address, keyIndex: 0, signature: signature))
        return try await client.run(transaction)
    }

    func result(_ id: TransactionID) async throws -> TransactionResult {
        try await node.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
    }
}

extension Event {
    /// Field name to value.
    var fields: [String: CadenceValue] {
        guard
            let composite = (payload.first == 0x7b ? try? JSONCDC.decode(payload) : try? CCF.decode(payload))?
                .asComposite
        else { return [:] }
        return Dictionary(composite.fields.map { ($0.name, $0.value) }) { a, _ in a }
    }
}

extension Transaction {
    func with(_ change: (inout Transaction) -> Void) -> Transaction {
        var copy = self
        change(&copy)
        return copy
    }
}
