import Cadence
package import FlowClient

/// The two transactions that every block but the first ends with: scheduled transactions, then the system chunk. They are in
/// no collection, their ids are the same in every block, and the second emits one event.
package enum SystemTransactions {
    static let schedule = make(
        "// Runs the scheduled transactions whose time has come. On a devnet there are none.\n"
            + "transaction { prepare(service: &Account) {} }\n", payer: Address(rawValue: 0))
    static let chunk = make(
        "// The heartbeat of the chain: epochs, random beacon, EVM blocks. A devnet has only its event.\n"
            + "transaction { prepare(service: &Account) {} }\n", payer: CoreContracts.serviceAddress)
    package static let all = [schedule, chunk]

    static let scheduleID = schedule.id
    static let chunkID = chunk.id

    private static func make(_ script: String, payer: Address) -> Transaction {
        Transaction(
            script: Array(script.utf8), arguments: [], referenceBlockID: .zero,
            proposalKey: .init(address: Address(rawValue: 0), keyIndex: 0, sequenceNumber: 0), payer: payer,
            authorizers: [CoreContracts.serviceAddress])
    }

    /// What the system chunk emits: EVM's own block, one a block. All of it follows from the block, so nothing of it is kept.
    static func events(of block: BlockRecord) -> [Event] {
        if !block.systemEvents.isEmpty { return block.systemEvents }
        guard block.header.height > 0 else { return [] }
        let execution = Execution(
            state: LedgerState(), block: block.facts, transactionIndex: index(in: block),
            script: ProgramSource(text: "", location: chunkID.hex))
        emit(in: execution, block: block)
        return execution.events(of: chunkID, transactionIndex: index(in: block))
    }

    /// Of the system chunk in its block: after the user transactions and the scheduled ones.
    static func index(in block: BlockRecord) -> UInt32 { UInt32(block.transactions.count) + 1 }

    /// What setting EVM up took, which the first block tells of.
    private static let bootstrapGas: UInt64 = 7_957_707

    /// The time is the parent's: the block that is executed has none yet.
    static func emit(in execution: Execution, block: BlockRecord) {
        let hash = SHA3.hash256(Array("evm".utf8) + block.header.id.bytes).bytes
        let parent = SHA3.hash256(Array("evm".utf8) + block.header.parentID.bytes).bytes
        // These fields and these only; an encoder that refuses them is a bug.
        try! execution.emit(
            "BlockExecuted", of: CoreContracts.evm, .uint64("height", block.header.height.rawValue),
            .bytes("hash", hash, size: 32), .uint64("timestamp", UInt64(max(0, block.parentTimestamp.seconds))),
            EventField("totalSupply", .int(BigInt(0)), .simple("Int")),
            .uint64("totalGasUsed", block.header.height == 1 ? bootstrapGas : 0),
            .bytes("parentHash", parent, size: 32),
            .bytes("receiptRoot", [UInt8](repeating: 0, count: 32), size: 32),
            .bytes("transactionHashRoot", [UInt8](repeating: 0, count: 32), size: 32),
            .bytes("prevrandao", block.header.id.bytes, size: 32))
    }
}
