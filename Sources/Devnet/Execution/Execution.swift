import Cadence
import FlowClient

/// One transaction's run over a copy of the ledger. What it did counts when the caller takes `state`; a failure leaves it
/// behind. Contracts are views of it (`NovaPassContract` and the like), so that they can call one another as they do in
/// Cadence.
final class Execution {
    var state: LedgerState
    let block: BlockFacts
    let script: ProgramSource
    let computationLimit: UInt64
    /// Of nothing that the chain's own account pays for.
    let limitsEvents: Bool

    let weights: ExecutionWeights

    private(set) var events: [PendingEvent] = []
    private(set) var computation = 0.0
    /// Accounts whose storage may have grown.
    var touched: Set<Address> = []

    private var eventBytes = 0
    private let partition: Int
    private var calls: [Call] = []

    struct PendingEvent {
        var type: String
        /// CCF.
        var payload: [UInt8]
    }

    private struct Call {
        var expression: String
        var program: Program
    }

    /// Where code is: in the transaction's own script or in a deployed contract.
    enum Program {
        case script
        case contract(ContractLocation)
    }

    /// All events of a transaction, in bytes of CCF (onflow/flow-go:fvm/environment/event_emitter.go).
    static let eventLimit = 256_000

    init(
        state: LedgerState, block: BlockFacts, transactionIndex: UInt32, script: ProgramSource,
        computationLimit: UInt64 = .max, limitsEvents: Bool = true, weights: ExecutionWeights = .flip346
    ) {
        self.state = state
        self.block = block
        self.script = script
        self.computationLimit = computationLimit
        self.limitsEvents = limitsEvents
        self.weights = weights
        partition = (Int(block.uuidOffset) + Int(transactionIndex)) % 256
    }

    /// Six bytes' worth: the partition above, its counter below.
    func makeUUID() -> UInt64 {
        defer { state.uuidCounters[partition] += 1 }
        return UInt64(partition) << 40 | state.uuidCounters[partition]
    }

    func spend(_ units: Double) throws {
        computation += units
        guard computation <= Double(computationLimit) else {
            throw ExecutionFailure.cadence(
                "computation error: [Error Code: 1110] computation exceeds limit (\(computationLimit))",
                frames: excerpts(),
                root: 1110)
        }
    }

    /// Runs what an expression of a program calls, so that an error inside tells whence it was called.
    func call<R>(_ expression: String, in program: Program = .script, _ body: () throws -> R) rethrows -> R {
        calls.append(Call(expression: expression, program: program))
        defer { calls.removeLast() }
        return try body()
    }

    /// An error at an expression of a program.
    func failure(_ message: String, at expression: String, in program: Program = .script, root: Int = 1101)
        -> ExecutionFailure
    {
        .cadence(message, frames: excerpts() + [excerpt(Call(expression: expression, program: program))], root: root)
    }

    /// `panic` with these words. The place is where the source says it.
    func panic(_ message: String, at expression: String, in program: Program = .script) -> ExecutionFailure {
        failure("panic: \(message)", at: expression, in: program)
    }

    /// Of what is being called, by a pre-condition that its interface declares: it is reported at the call.
    func preconditionFailed(_ message: String) -> ExecutionFailure {
        .cadence("pre-condition failed: \(message)", frames: excerpts())
    }

    func emit(_ name: String, of contract: ContractLocation, _ fields: EventField...) throws {
        try emit(contract.typeID(name), fields)
    }

    func emit(core name: String, _ fields: EventField...) throws {
        try emit("flow.\(name)", fields)
    }

    private func emit(_ type: String, _ fields: [EventField]) throws {
        let event = CadenceComposite(
            .event, type, fields: fields.map { CadenceField($0.name, $0.value) }, fieldTypes: fields.map(\.type))
        let payload: [UInt8]
        do {
            payload = try CCF.encode(.composite(event))
        } catch {
            throw ExecutionFailure(1115, "could not encode event \(type): \(error)")
        }
        eventBytes += payload.count
        guard eventBytes <= Self.eventLimit || !limitsEvents else {
            let text = "[Error Code: 1105] total event byte size (\(eventBytes)) exceeds limit (\(Self.eventLimit))"
            throw ExecutionFailure.cadence(text, frames: excerpts(), root: 1105)
        }
        events.append(PendingEvent(type: type, payload: payload))
    }

    /// The state, the events and the uuids of a failed body are undone; what it computed stays spent.
    func rollBack(to state: LedgerState) {
        self.state = state
        events = []
        eventBytes = 0
        touched = []
    }

    private func excerpts() -> [SourceExcerpt] { calls.map(excerpt) }

    private func excerpt(_ call: Call) -> SourceExcerpt {
        switch call.program {
        case .script: return SourceExcerpt(of: call.expression, in: script.text, location: script.location)
        case .contract(let contract):
            let source = state.accounts[contract.address]?.contracts[contract.name] ?? []
            return SourceExcerpt(
                of: call.expression, in: String(decoding: source, as: UTF8.self), location: contract.place)
        }
    }
}

/// A script with what errors call it: the transaction's id, or the hash of a script that is only asked.
struct ProgramSource: Sendable {
    var text: String
    var location: String
}

/// What a transaction can know of the block that it is in.
struct BlockFacts: Sendable {
    var id: BlockID
    var height: BlockHeight
    var timestamp: Timestamp
    /// The first byte of SHA2-256 of the block's id: where the partitions of uuids begin in this block.
    var uuidOffset: UInt8
}
