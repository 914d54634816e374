public import FlowClient

extension DevnetNode {
    public func ping() async throws {
        _ = try await answer(.network) { _ in }
    }

    /// Empty on the emulator.
    public func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> {
        try await answer(.network) { [style = configuration.style] shared in
            var info = NodeVersionInfo()
            info.sporkID = [UInt8](repeating: 0, count: 32)
            info.sporkRootBlockHeight = shared.misbehaviour.sporkRoot
            info.nodeRootBlockHeight = shared.misbehaviour.sporkRoot
            guard style == .publicNode else { return info }
            info.semver = "v0.0.0-devnet"
            info.commit = "devnet"
            info.sporkID =
                shared.chain[shared.misbehaviour.sporkRoot]?.header.id.bytes ?? BlockRecord.rootHeader.id.bytes
            info.compatibleRange = .init(start: 0, end: shared.visibleSealedHead)
            return info
        }
    }

    public func networkParameters() async throws -> Reply<ChainID> {
        try await answer(.network) { _ in ChainID.emulator }
    }

    public func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
        try await answer(.blocks) { try $0.header(of: $0.look(block)) }
    }

    public func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
        try await answer(.blocks) { [style = configuration.style] in
            try $0.block($0.look(block), full: full, style: style)
        }
    }

    public func collection(_ id: CollectionID) async throws -> Reply<TransactionCollection> {
        try await answer(.transactions) { try $0.collection(id).collection! }
    }

    public func fullCollection(_ id: CollectionID) async throws -> Reply<[Transaction]> {
        try await answer(.transactions) { try $0.collection(id).transactions.map(\.transaction) }
    }

    public func protocolStateSnapshot(_ block: BlockReference) async throws -> Reply<[UInt8]> {
        guard configuration.style == .emulator else {
            throw AccessError(.unimplemented, "a devnet has no protocol state")
        }
        // As the emulator: nothing, for a block that is there.
        return try await answer(.network) { shared in
            _ = try shared.find(block)
            return []
        }
    }

    /// The recorded emulator dies of this one, so it has no answer to copy.
    public func executionResult(forBlock id: BlockID) async throws -> Reply<ExecutionResult> {
        guard configuration.style == .publicNode else {
            throw AccessError(.unimplemented, "the emulator has no execution results")
        }
        return try await answer(.execution) { try $0.executionResult(of: $0.executed(.id(id))) }
    }

    public func executionResult(_ id: Identifier) async throws -> Reply<ExecutionResult> {
        guard configuration.style == .publicNode else {
            throw AccessError(.notFound, "the emulator has no execution results: there is none with ID \(id)")
        }
        return try await answer(.execution) { try $0.executionResult(of: $0.block(withResult: id)) }
    }

    public func executionReceipts(forBlock id: BlockID, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]> {
        guard configuration.style == .publicNode else { return Reply([]) }
        return try await answer(.execution) { [try $0.receipt(of: $0.executed(.id(id)), includeResult: includeResult)] }
    }

    public func executionReceipts(forResult id: Identifier, includeResult: Bool) async throws -> Reply<
        [ExecutionReceipt]
    > {
        guard configuration.style == .publicNode else { return Reply([]) }
        return try await answer(.execution) {
            [try $0.receipt(of: $0.block(withResult: id), includeResult: includeResult)]
        }
    }
}

extension DevnetNode.Shared {
    func header(of block: BlockRecord) -> BlockHeader {
        var header = block.header
        header.status = status(of: block)
        if misbehaviour.liesAboutParentsOf.contains(header.height) { header.parentID = Self.lie(header.parentID) }
        return header
    }

    /// A light block has no header, no seals and no protocol state; the emulator's blocks have no seals at all.
    func block(_ record: BlockRecord, full: Bool, style: DevnetConfiguration.Style) -> Block {
        let header = header(of: record)
        var block = Block()
        block.id = header.id
        block.parentID = header.parentID
        block.height = header.height
        block.timestamp = header.timestamp
        block.status = header.status
        block.signatures = [[]]
        if let collection = record.collection {
            var guarantee = CollectionGuarantee()
            guarantee.collectionID = collection.id
            guarantee.signatures = [[]]
            guarantee.referenceBlockID = [UInt8](repeating: 0, count: 32)
            block.collectionGuarantees = [guarantee]
        }
        guard full else { return block }
        block.header = header
        // Said of the block, beside it: over no wire is it said inside.
        block.header?.status = .unknown
        block.protocolStateID = [UInt8](repeating: 0, count: 32)
        if style == .publicNode, let sealed = chain[BlockHeight(header.height.rawValue &- 1)] {
            var seal = BlockSeal()
            seal.blockID = sealed.header.id.bytes
            seal.resultID = Self.resultID(of: sealed)
            seal.finalState = [UInt8](repeating: 0, count: 32)
            block.seals = [seal]
        }
        return block
    }

    func collection(_ id: CollectionID) throws(AccessError) -> BlockRecord {
        if let block = chain.block(holding: id), isVisible(block.header.height) { return block }
        throw AccessError(.notFound, "could not find collection with ID \(id)")
    }

    func executionResult(of block: BlockRecord) -> ExecutionResult {
        var result = ExecutionResult()
        result.blockID = block.header.id.bytes
        result.previousResultID = chain[BlockHeight(block.header.height.rawValue &- 1)].map(Self.resultID) ?? []
        result.executionDataID = [UInt8](repeating: 0, count: 32)
        return result
    }

    /// The block, where it is executed.
    func executed(_ reference: BlockReference) throws(AccessError) -> BlockRecord {
        let block = try find(reference)
        guard block.header.height <= visibleSealedHead else {
            throw AccessError(.notFound, "could not find execution result for block ID \(block.header.id)")
        }
        return block
    }

    func receipt(of block: BlockRecord, includeResult: Bool) -> ExecutionReceipt {
        var receipt = ExecutionReceipt()
        receipt.meta.executorID = [UInt8](repeating: 0xde, count: 32)
        receipt.meta.resultID = Self.resultID(of: block)
        if includeResult { receipt.result = executionResult(of: block) }
        return receipt
    }

    func block(withResult id: Identifier) throws(AccessError) -> BlockRecord {
        guard let block = chain.block(BlockID(raw: Self.complement(id))),
            block.header.height <= visibleSealedHead
        else { throw AccessError(.notFound, "could not find execution result with ID \(id)") }
        return block
    }

    /// The complement of the block's id: either is found by the other without a table.
    private static func resultID(of block: BlockRecord) -> [UInt8] { complement(block.header.id.raw).bytes }

    private static func complement(_ id: Identifier) -> Identifier { Identifier(bytes: id.bytes.map { ~$0 })! }

    private static func lie(_ id: BlockID) -> BlockID {
        BlockID(raw: SHA3.hash256(Array("another".utf8) + id.bytes))
    }
}
