import FlowClient

/// Blocks, the transactions that wait for one, and the state after each. A value that knows no clock and no network: time
/// comes in with each block.
struct Chain: Sendable {
    let configuration: DevnetConfiguration
    private(set) var blocks: [BlockRecord]
    private(set) var pending: [Pending] = []
    private(set) var heights: [BlockID: BlockHeight] = [:]
    private(set) var places: [TransactionID: Place] = [:]
    private var collections: [CollectionID: BlockHeight] = [:]
    /// What was accepted and never included, until it was too late.
    private(set) var expired: [TransactionID: Transaction] = [:]
    private var programs = ProgramCache()
    /// What the chain began with, where that was not executed.
    private(set) var generated: GeneratedHistory?
    /// Of the next block.
    private(set) var rules: ChainRules

    struct Pending: Sendable {
        var id: TransactionID
        var transaction: Transaction
        var referenceHeight: BlockHeight
    }

    struct Place: Sendable {
        var height: BlockHeight
        var index: Int
    }

    init(configuration: DevnetConfiguration) {
        self.configuration = configuration
        rules = configuration.rules
        let key = AccountKeys.make(configuration.servicePublicKey, hash: configuration.serviceHash, weight: 1000)
        let root = BlockRecord(header: BlockRecord.rootHeader, state: .genesis(serviceKey: key))
        blocks = [root]
        heights[root.header.id] = 0
    }

    var finalizedHeight: BlockHeight { blocks[blocks.count - 1].header.height }
    var sealedHeight: BlockHeight {
        let head = finalizedHeight.rawValue
        return BlockHeight(head - min(head, configuration.sealLag))
    }

    subscript(height: BlockHeight) -> BlockRecord? {
        height.rawValue < UInt64(blocks.count) ? blocks[Int(height.rawValue)] : nil
    }

    func block(_ id: BlockID) -> BlockRecord? { heights[id].flatMap { self[$0] } }

    func block(holding id: CollectionID) -> BlockRecord? { collections[id].flatMap { self[$0] } }

    func pendingTransaction(_ id: TransactionID) -> Transaction? { pending.first { $0.id == id }?.transaction }

    func record(of id: TransactionID) -> (block: BlockRecord, record: BlockRecord.TransactionRecord)? {
        guard let place = places[id], let block = self[place.height] else { return nil }
        return (block, block.transactions[place.index])
    }

    /// Takes a transaction in, to be executed in one of the next blocks.
    mutating func submit(_ transaction: Transaction) throws(AccessError) -> TransactionID {
        let id = transaction.id
        let isKnown = places[id] != nil || pending.contains { $0.id == id }
        if isKnown, configuration.style == .emulator {
            throw AccessError(.internal, "transaction with ID \(id) has already been submitted")
        }
        let validator = TransactionValidator(
            style: configuration.style, expiry: configuration.expiry,
            maximumComputation: rules.maximumComputation, head: finalizedHeight, heights: heights)
        try validator.check(transaction)
        guard !isKnown else { return id }
        pending.append(
            Pending(id: id, transaction: transaction, referenceHeight: heights[transaction.referenceBlockID] ?? 0))
        return id
    }

    /// Forgets what waits, as a node that lost it would.
    mutating func dropPending(_ id: TransactionID) { pending.removeAll { $0.id == id } }

    /// Makes the next block of what waits. `including` false leaves it waiting.
    mutating func makeBlock(at timestamp: Timestamp, including: Bool = true) -> BlockRecord {
        dropExpired(at: BlockHeight(finalizedHeight.rawValue + 1))
        let chosen = including ? Array(pending.prefix(configuration.transactionsPerBlock)) : []
        pending.removeFirst(chosen.count)
        return makeBlock(at: timestamp, of: chosen)
    }

    /// Makes a block of these transactions, accepted before: what a journal tells.
    mutating func makeBlock(at timestamp: Timestamp, of transactions: [Transaction]) -> BlockRecord {
        makeBlock(at: timestamp, of: transactions.map { Pending(id: $0.id, transaction: $0, referenceHeight: 0) })
    }

    private mutating func makeBlock(at timestamp: Timestamp, of chosen: [Pending]) -> BlockRecord {
        let parent = blocks[blocks.count - 1]
        let ids = chosen.map(\.id)
        let collection =
            ids.isEmpty ? nil : TransactionCollection(id: TransactionCollection.id(of: ids), transactionIDs: ids)
        var block = BlockRecord(
            header: BlockRecord.header(
                after: parent.header, timestamp: timestamp, collection: collection?.id, style: configuration.style),
            parentTimestamp: parent.header.timestamp, collection: collection)
        execute(chosen, in: &block, on: currentState)
        append(block)
        return block
    }

    /// Makes the next block of a generated history, whose state is that of the block before.
    mutating func makeBlock(number: UInt64, of history: GeneratedHistory, at timestamp: Timestamp) {
        let parent = blocks[blocks.count - 1]
        let ids = (0..<history.transactionCount(inBlock: number)).map {
            history.transaction($0, inBlock: number, referenceBlockID: parent.header.id).id
        }
        let collection = TransactionCollection(id: TransactionCollection.id(of: ids), transactionIDs: ids)
        var block = BlockRecord(
            header: BlockRecord.header(
                after: parent.header, timestamp: timestamp, collection: collection.id, style: configuration.style),
            parentTimestamp: parent.header.timestamp, collection: collection)
        block.generated = GeneratedBlock(history: history, number: number, ids: ids, parentID: parent.header.id)
        block.state = parent.state
        generated = history
        append(block)
    }

    /// The state after the latest block. It is never let go.
    private var currentState: LedgerState { blocks[blocks.count - 1].state! }

    private mutating func execute(_ chosen: [Pending], in block: inout BlockRecord, on before: LedgerState) {
        var state = before
        let executor = TransactionExecutor(
            block: block.facts, rules: rules)
        for (index, item) in chosen.enumerated() {
            let program = programs.program(of: item.transaction.script, taught: configuration.programs)
            let outcome = executor.execute(
                item.transaction, id: item.id, index: UInt32(index), program: program, on: &state)
            block.executed.append(.init(id: item.id, transaction: item.transaction, outcome: outcome))
        }
        if rules.fees != nil {
            let index = SystemTransactions.index(in: block)
            let execution = Execution(
                state: state, block: block.facts, transactionIndex: index,
                script: ProgramSource(text: "", location: SystemTransactions.chunkID.hex))
            SystemTransactions.emit(in: execution, block: block)
            try? FlowFeesContract(execution: execution).deduct(from: CoreContracts.serviceAddress, rules)
            state = execution.state
            block.systemEvents = execution.events(of: SystemTransactions.chunkID, transactionIndex: index)
        }
        block.state = state
    }

    /// What happens to the chain from outside of its transactions.
    mutating func apply(_ change: OutsideChange) throws(AccessError) {
        switch change {
        case .rules(let rules): self.rules = rules
        case .rollBack(let height): try rollBack(to: height)
        case .balance(let account, let flow): changeState { $0.accounts[account]?.balance = flow }
        case .fill(let account):
            changeState { state in
                let balance = state.accounts[account]?.balance ?? 0
                state.accounts[account]?.storageUsed = AccountState.capacity(ofBalance: balance) + 1
            }
        case .useKey(let account, let index, let times):
            changeState { state in
                let slot = KeySlot(address: account, index: index)
                guard let key = state.keys[slot] else { return }
                state.keys[slot]?.sequenceNumber = SequenceNumber(key.sequenceNumber.rawValue &+ times)
            }
        }
    }

    /// Takes all blocks above a height away, with what they did, as if they had never been. What was in them is forgotten,
    /// too: whoever wants it sends it again. Refused where the state there is no longer kept.
    private mutating func rollBack(to height: BlockHeight) throws(AccessError) {
        guard let block = self[height], block.state != nil else {
            throw AccessError(.outOfRange, "there is no block \(height) with its state to go back to")
        }
        for gone in blocks[(Int(height.rawValue) + 1)...] {
            heights[gone.header.id] = nil
            if let collection = gone.collection { collections[collection.id] = nil }
            for id in gone.collection?.transactionIDs ?? [] { places[id] = nil }
        }
        blocks.removeSubrange((Int(height.rawValue) + 1)...)
        pending.removeAll { heights[$0.transaction.referenceBlockID] == nil }
    }

    /// Changes the state after the latest block from outside of any transaction.
    private mutating func changeState(_ change: (inout LedgerState) -> Void) {
        var state = currentState
        change(&state)
        blocks[blocks.count - 1].state = state
    }

    private mutating func append(_ block: BlockRecord) {
        heights[block.header.id] = block.header.height
        if let collection = block.collection { collections[collection.id] = block.header.height }
        for (index, id) in (block.collection?.transactionIDs ?? []).enumerated() {
            places[id] = Place(height: block.header.height, index: index)
        }
        blocks.append(block)
        if let kept = configuration.stateHistory, blocks.count > max(1, kept) {
            blocks[blocks.count - 1 - max(1, kept)].state = nil
        }
    }

    /// Included only where the block is at most `expiry` above the reference, and one more where the emulator's own check,
    /// at sending, let it through.
    private mutating func dropExpired(at height: BlockHeight) {
        let grace: UInt64 = configuration.style == .emulator ? 1 : 0
        for item in pending where height.rawValue > item.referenceHeight.rawValue + configuration.expiry + grace {
            expired[item.id] = item.transaction
        }
        pending.removeAll { height.rawValue > $0.referenceHeight.rawValue + configuration.expiry + grace }
    }
}

/// Scripts that have been recognised, by their bytes: a platform sends the same few again and again.
struct ProgramCache: Sendable {
    private var known: [[UInt8]: TransactionProgram] = [:]
    private static let bound = 256

    mutating func program(of script: [UInt8], taught: DevnetConfiguration.Programs) -> TransactionProgram {
        if let program = known[script] { return program }
        let program = TransactionProgram(script, taught: taught)
        if known.count >= Self.bound { known.removeAll() }
        known[script] = program
        return program
    }
}
