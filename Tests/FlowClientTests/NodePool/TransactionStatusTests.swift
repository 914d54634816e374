import Devnet
import Signer
import Synchronization
import Testing

@testable import FlowClient

/// What became of a transaction, where some nodes of a pool have not seen it: each devnet here is a chain of its own, so that
/// what one has seen the others never will.
@Suite(.timeLimit(.minutes(1)))
struct TransactionStatusTests {
    private static let service = InMemorySigner(
        key: try! PrivateKey(algorithm: .ecdsaP256, scalar: [UInt8](repeating: 0, count: 31) + [1]),
        hashAlgorithm: .sha3_256)

    private func node() throws -> DevnetNode {
        var configuration = DevnetConfiguration(servicePublicKey: Self.service.publicKey)
        configuration.style = .publicNode
        return try DevnetNode(configuration: configuration)
    }

    private func transaction(at node: DevnetNode, _ comment: String = "") async throws -> Transaction {
        try await DevnetClient(api: node).transaction(
            script: "transaction { prepare(a: &Account) {} } // \(comment)", [],
            by: .service(Self.service))
    }

    private func pool(_ nodes: [any AccessAPI], heights: [HeightRange] = []) -> NodePool {
        var policy = NodePool.Policy()
        policy.firstPause = .milliseconds(1)
        policy.longestPause = .milliseconds(2)
        policy.hedgeAfter = nil
        return NodePool(
            nodes.enumerated().map {
                NodePool.Node(
                    name: "node \($0)", api: $1, heights: $0 < heights.count ? heights[$0] : HeightRange(),
                    budgets: .unlimited)
            }, policy: policy)
    }

    private func status(_ id: TransactionID, _ api: any AccessAPI) async throws -> TransactionStatus {
        try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .ccf).value.status
    }

    @Test(arguments: [false, true])
    func `what one node has not seen is asked of the others, whoever is asked first`(isPending: Bool) async throws {
        let nodes = try (0..<3).map { _ in try node() }
        nodes[2].misbehave { [isPending] in $0.holdsTransactions = isPending }
        let transaction = try await transaction(at: nodes[2])
        _ = try await nodes[2].send(transaction)
        #expect(try await status(transaction.id, nodes[0]) == .unknown)
        let pool = pool(nodes)
        for key in 0..<20 {
            try await NodeAffinity.$key.withValue("\(key)") { () async throws in
                #expect(try await status(transaction.id, pool) == (isPending ? .pending : .sealed))
            }
        }
    }

    @Test func `unknown is what nobody has seen, and no word of it while one who may have could not be asked`()
        async throws
    {
        let nodes = try (0..<2).map { _ in try node() }
        let pool = pool(nodes)
        let id = try await transaction(at: nodes[0]).id
        #expect(try await status(id, pool) == .unknown)
        for node in nodes {
            node.misbehave { $0.unavailableCalls = 1000 }
            let error = await #expect(throws: AccessError.self) { try await status(id, pool) }
            #expect(error?.code == .unavailable)
            node.misbehave { $0.unavailableCalls = 0 }
            while pool.status.contains(where: { !$0.isUp }) { await pool.probe() }
            #expect(try await status(id, pool) == .unknown)
        }
        // A node alone speaks for itself.
        #expect(try await status(id, self.pool([nodes[0]])) == .unknown)
    }

    @Test func `in earlier sporks it is looked for last, and what waits there has expired`() async throws {
        let (old, live) = (try node(), try node())
        let pool = pool([old, live], heights: [HeightRange(last: 9), HeightRange(first: 10)])
        let (sealed, waiting) = (try await transaction(at: old), try await transaction(at: old, "waits"))
        _ = try await old.send(sealed)
        old.misbehave { $0.holdsTransactions = true }
        _ = try await old.send(waiting)
        #expect(try await status(sealed.id, pool) == .sealed)
        #expect(try await status(waiting.id, old) == .pending)
        #expect(try await status(waiting.id, pool) == .expired)
        // At the live node it is not over.
        live.misbehave { $0.holdsTransactions = true }
        _ = try await live.send(waiting)
        #expect(try await status(waiting.id, pool) == .pending)
    }

    @Test func `what was sent through the pool is not looked for in earlier sporks`() async throws {
        let (old, live) = (try node(), try node())
        let pool = pool([old, live], heights: [HeightRange(last: 9), HeightRange(first: 10)])
        let (sent, other) = (try await transaction(at: live), try await transaction(at: live, "not sent"))
        live.misbehave { $0.dropSends = 1 }
        _ = try await pool.send(sent)
        old.misbehave { $0.unavailableCalls = 1000 }
        #expect(try await status(sent.id, pool) == .unknown)
        let error = await #expect(throws: AccessError.self) { try await status(other.id, pool) }
        #expect(error?.code == .unavailable)
    }

    @Test func `a node that has it in another block than was named is the answer`() async throws {
        let (without, with) = (try node(), Refusing())
        for nodes in [[without, with], [with, without]] as [[any AccessAPI]] {
            let error = await #expect(throws: AccessError.self) { try await status(.test(1), pool(nodes)) }
            #expect(error?.message == Refusing.words)
        }
    }

    private final class Refusing: UnimplementedAccess, @unchecked Sendable {
        static let words = "transaction found in block ab, but cd was provided"
        override func transactionResult(
            _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?, encoding: EventEncoding
        ) async throws -> Reply<TransactionResult> { throw AccessError(.notFound, Self.words) }
    }

    @Test func `the latest that were sent are remembered, and no more than so many`() {
        var sent = SentTransactions()
        for _ in 0..<2 { (1...3).forEach { sent.insert(.test($0)) } }
        for number in 4...UInt64(SentTransactions.limit) + 2 { sent.insert(.test(number)) }
        #expect([1, 2, 3, 4].map { sent.contains(.test($0)) } == [false, false, true, true])
        for number in UInt64(SentTransactions.limit) + 3...3 * UInt64(SentTransactions.limit) {
            sent.insert(.test(number))
        }
        let kept = (1...3 * UInt64(SentTransactions.limit)).filter { sent.contains(.test($0)) }
        #expect(kept.count == SentTransactions.limit && kept.first == 2 * UInt64(SentTransactions.limit) + 1)
    }
}

extension TransactionID {
    fileprivate static func test(_ number: UInt64) -> TransactionID {
        TransactionID(raw: Identifier(words: (0, 0, 0, number)))
    }
}
