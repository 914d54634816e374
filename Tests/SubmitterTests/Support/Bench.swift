import Cadence
import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import Indexer
import Postgres
import Signer
import Synchronization
import TestSupport

@testable import Submitter

/// A devnet with the platform's account on it, the real indexer, a database, and submitters that are moved by hand: what
/// happens between two steps of a submission is the test's choice.
final class Bench: Sendable {
    let node: DevnetNode
    let pool: PostgresPool
    let client: DevnetClient
    let service: DevnetAccount
    let platform: DevnetAccount
    let signer: InMemorySigner
    let indexer: ChainIndexer
    let operations: OperationStore
    let clock: Mutex<ContinuousClock.Instant>
    let log = RecordingLogSink()

    static let platformKey = [UInt8](repeating: 7, count: 32)

    /// `proposalKeys` behind the platform's own key.
    static func with(
        proposalKeys: Int = 4, adjust: (inout DevnetConfiguration) -> Void = { _ in },
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await TestPostgres.withDatabase { pool in
            let bench = try await Bench(pool: pool, proposalKeys: proposalKeys, adjust: adjust)
            try await body(bench)
        }
    }

    private init(pool: PostgresPool, proposalKeys: Int, adjust: (inout DevnetConfiguration) -> Void) async throws {
        self.pool = pool
        let serviceSigner = InMemorySigner(
            key: try PrivateKey(algorithm: .ecdsaP256, scalar: [UInt8](repeating: 5, count: 32)),
            hashAlgorithm: .sha3_256)
        signer = InMemorySigner(
            key: try PrivateKey(algorithm: .ecdsaSecp256k1, scalar: Self.platformKey), hashAlgorithm: .sha3_256)
        var configuration = DevnetConfiguration(servicePublicKey: serviceSigner.publicKey)
        adjust(&configuration)
        node = try DevnetNode(configuration: configuration)
        client = DevnetClient(api: node)
        service = .service(serviceSigner)
        let lag = configuration.sealLag
        let node = node
        let signer = signer
        // The bootstrap waits for seals; a chain that seals late needs blocks in the meantime.
        platform = try await withThrowingTaskGroup(of: DevnetAccount?.self) { group in
            group.addTask {
                try await DevnetBootstrap(api: node, serviceSigner: serviceSigner).platform(
                    signer: signer, proposalKeys: proposalKeys)
            }
            if lag > 0 {
                group.addTask {
                    while !Task.isCancelled {
                        node.makeBlock()
                        try await Task.sleep(for: .milliseconds(1))
                    }
                    return nil
                }
            }
            let account = try await group.next()!
            group.cancelAll()
            return account!
        }
        indexer = ChainIndexer(
            api: node, pool: pool,
            contracts: try TrackedContracts(byName: FlowJSON.project.addresses(network: "emulator")),
            options: .init(start: 0), logger: .silent)
        operations = OperationStore(pool: pool, logger: .silent)
        clock = Mutex(.now)
        node.makeBlocks(Int(lag))
        try await indexer.ingestOnce()
    }

    /// A submitter that has taken its place. The same name again is a restart.
    func submitter(
        _ worker: String = "one", crash: @escaping CrashPoint.Hook = { _ in },
        adjust: (inout SubmitterConfiguration) -> Void = { _ in }
    ) async throws -> LaneSubmitter {
        let submitter = try makeSubmitter(worker, crash: crash, adjust: adjust)
        try await submitter.takeOver()
        return submitter
    }

    func makeSubmitter(
        _ worker: String = "one", api: (any AccessAPI)? = nil, crash: @escaping CrashPoint.Hook = { _ in },
        adjust: (inout SubmitterConfiguration) -> Void = { _ in }
    ) throws -> LaneSubmitter {
        var configuration = SubmitterConfiguration(
            account: platform.address, signers: [signer], scripts: try Recipe.scripts(network: "emulator"),
            workerID: worker)
        configuration.expiry = node.configuration.expiry
        configuration.expiryMargin = 3
        configuration.sweepInterval = .zero
        configuration.crash = crash
        configuration.leaseDuration = .seconds(600)
        configuration.now = { self.clock.withLock { $0 } }
        adjust(&configuration)
        return LaneSubmitter(
            configuration: configuration, pool: pool, api: api ?? node, outcomes: IndexedOutcomes(pool: pool),
            logger: Logger(sink: log, level: .debug))
    }

    /// As if the time of every hold's next probe had come.
    func letHoldsBeDue() async throws {
        _ = try await pool.execute("update holds set probe_at = now() - interval '1 second'", [])
    }

    func pass(_ seconds: Double) { clock.withLock { $0 += .seconds(seconds) } }

    /// Make, send, one block, index, look. Returns how many transactions were made.
    @discardableResult
    func round(_ submitter: LaneSubmitter) async throws -> Int {
        let made = try await submitter.dispatch()
        for attempt in made { try await submitter.send(attempt) }
        try await settle(submitter)
        return made.count
    }

    func settle(_ submitter: LaneSubmitter) async throws {
        node.makeBlock()
        try await indexer.ingestOnce()
        _ = try await submitter.observe()
    }

    /// Rounds until the operation is finished. Time passes, so that what waits for its time goes, too.
    @discardableResult
    func finish(_ id: OperationID, _ submitter: LaneSubmitter, rounds: Int = 60) async throws -> OperationStatus {
        for _ in 0..<rounds {
            if let status = try await operations.status(id), status.state == .finished { return status }
            try await round(submitter)
            pass(5)
        }
        throw Unfinished(status: try await operations.status(id), log: log.all.map { "\($0.message) \($0.metadata)" })
    }

    struct Unfinished: Error { var status: OperationStatus?; var log: [String] }

    // The platform's things, each by an operation of its own.

    @discardableResult
    func enqueue(
        _ type: String, _ items: [NewItem], key: String = UUID().uuidString, priority: Int16 = 0,
        tenant: String = "nova"
    ) async throws -> OperationID {
        try await operations.enqueue(
            NewOperation(
                type: type, tenant: tenant, payload: #"{"key":"\#(key)"}"#, idempotencyKey: key, priority: priority,
                items: items)
        ).id
    }

    static let brand = "vytxeTZskVKR7C7WgdSP3d"
    static let pass = "FbVzVFnAAgWFP9h3kTSt2y"
    static let release = "rel-CJnUyYBXrZgS7XKmRmGg2v"
    static let collectible = "LzM5bHuZ2Y8vZrXn4qBZsH"

    /// Brand, pass, release of `supply` and a collectible, straight on the chain.
    func prepareChain(supply: UInt64 = 10_000) async throws {
        let api = client
        func list(_ text: String) -> CadenceValue { .array(CadenceArray([.string(text)])) }
        let none = CadenceValue.array(CadenceArray([.optional(nil)]))
        for (template, arguments) in [
            ("create_brands", [list("setup"), list(Self.brand), list("Nova")]),
            (
                "create_passes",
                [list("setup"), list(Self.pass), list(Self.brand), list("Pass"), list(""), list(""), none]
            ),
            (
                "schedule_release",
                [
                    .string("setup"), .string(Self.release), .string(Self.pass), .uint64(supply), .ufix64(100_000_000),
                    .uint64(1), .optional(nil),
                ]
            ),
            (
                "create_collectibles",
                [
                    list("setup"), list(Self.collectible), list(Self.pass), list(Self.brand), list("airdrop"),
                    list("C"), list(""),
                    list(""), none,
                ]
            ),
        ] {
            let transaction = try await api.transaction(template, arguments, by: platform)
            _ = try await node.send(transaction)
            node.makeBlocks(Int(node.configuration.sealLag) + 1)
        }
        node.makeBlocks(Int(node.configuration.sealLag))
        try await indexer.ingestOnce()
    }

    func drops(_ count: Int, named name: String = "row") -> [NewItem] {
        (0..<count).map { number in
            NewItem(
                .dropCollectible(
                    collectibleID: Self.collectible, dropID: "\(name)-\(number)", recipient: nil,
                    holder: "usr_\(number)"))
        }
    }

    func airdrops(_ count: Int, named name: String = "row") -> [NewItem] {
        (0..<count).map { number in
            NewItem(
                .airdropPass(
                    releaseID: Self.release, dropID: "\(name)-\(number)", recipient: nil, holder: "usr_\(number)"))
        }
    }

    // What the tables say.

    func count(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> Int {
        Int(try await pool.query("select count(*) as n from \(sql)", parameters).one(Int64.self))
    }

    /// Events on chain of this kind that name the operation.
    func events(_ kind: String, _ id: OperationID) async throws -> Int {
        try await count("operation_events where kind = $1 and operation = $2", [.text(kind), .text(id.rawValue)])
    }

    func attempts(_ state: AttemptStateMachine.State) async throws -> Int {
        try await count("attempts where state = $1", [.text(state.rawValue)])
    }

    /// Nothing is left half done: no open item, slot, claim or attempt, and each key's number is the chain's.
    func expectTidy() async throws -> [String] {
        var faults: [String] = []
        for (what, sql) in [
            ("open slot items", "slot_items where open"), ("unfinished attempts", "attempts where finished_at is null"),
            ("held slots", "slots where state = 'held'"), ("unfinished slots", "slots where finished_at is null"),
            ("claims", "item_claims"),
            ("leased lanes", "proposal_keys where lease_epoch is not null"),
            ("items under way", "operation_items where state in ('batched', 'in_doubt')"),
        ] {
            let left = try await count(sql)
            if left > 0 { faults.append("\(left) \(what)") }
        }
        let keys = try await node.accountKeys(platform.address, at: .latest).value
        for row in try await pool.query(
            "select key_index, next_sequence_number from proposal_keys where not revoked and not unread and quarantined_because is null"
        ) {
            let index = KeyIndex(UInt32(try row.decode(Int64.self, "key_index")))
            let number = SequenceNumber(try row.decode(UInt64.self, "next_sequence_number"))
            let chain = keys.first { $0.index == index }?.sequenceNumber
            if chain != number {
                faults.append(
                    "key \(index): \(number) recorded, \(chain.map(String.init(describing:)) ?? "none") on chain")
            }
        }
        return faults
    }
}

/// The same content in the same slot under another id: the other S of each signature is as good.
func malleated(_ transaction: Transaction) -> Transaction {
    var copy = transaction
    for at in copy.envelopeSignatures.indices {
        let bytes = copy.envelopeSignatures[at].signature
        copy.envelopeSignatures[at].signature = Array(bytes[..<32]) + negated(Array(bytes[32...]))
    }
    return copy
}

/// secp256k1's order less s, byte by byte.
func negated(_ s: [UInt8]) -> [UInt8] {
    let order = Hex.decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")!
    var result = [UInt8](repeating: 0, count: 32)
    var borrow = 0
    for at in (0..<32).reversed() {
        let difference = Int(order[at]) - Int(s[at]) - borrow
        result[at] = UInt8((difference + 256) % 256)
        borrow = difference < 0 ? 1 : 0
    }
    return result
}

/// The `SubmitterError` that `body` throws; nil where it throws none, or another.
func refusal(of body: () async throws -> Void) async -> SubmitterError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? SubmitterError
    }
}
