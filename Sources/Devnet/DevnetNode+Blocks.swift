public import FlowClient

extension DevnetNode {
    public func ping() async throws {
        _ = try await answer { _ in }
    }

    /// Empty on the emulator.
    public func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> {
        try await answer { [style = configuration.style] shared in
            var info = NodeVersionInfo()
            info.sporkID = [UInt8](repeating: 0, count: 32)
            guard style == .publicNode else { return info }
            info.semver = "v0.0.0-devnet"
            info.commit = "devnet"
            info.sporkID = BlockRecord.rootHeader.id.bytes
            info.compatibleRange = .init(start: 0, end: shared.visibleSealedHead)
            return info
        }
    }

    public func networkParameters() async throws -> Reply<ChainID> {
        try await answer { _ in ChainID.emulator }
    }

    public func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
        try await answer { try $0.header(of: $0.find(block)) }
    }

    public func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
        try await answer { try $0.block($0.find(block), full: full) }
    }

    public func collection(_ id: CollectionID) async throws -> Reply<TransactionCollection> {
        try await answer { try $0.collection(id).collection! }
    }

    public func fullCollection(_ id: CollectionID) async throws -> Reply<[Transaction]> {
        try await answer { try $0.collection(id).transactions.map(\.transaction) }
    }

    public func protocolStateSnapshot(_ block: BlockReference) async throws -> Reply<[UInt8]> {
        throw AccessError(.unimplemented, "a devnet has no protocol state")
    }

    public func executionResult(forBlock id: BlockID) async throws -> Reply<ExecutionResult> {
        try await answer { try $0.executionResult(of: $0.find(.id(id))) }
    }

    public func executionResult(_ id: Identifier) async throws -> Reply<ExecutionResult> {
        throw AccessError(.unimplemented, "a devnet looks execution results up by block")
    }

    public func executionReceipts(forBlock id: BlockID, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]> {
        throw AccessError(.unimplemented, "a devnet has no execution receipts")
    }

    public func executionReceipts(forResult id: Identifier, includeResult: Bool) async throws -> Reply<
        [ExecutionReceipt]
    > {
        throw AccessError(.unimplemented, "a devnet has no execution receipts")
    }
}

extension DevnetNode.Shared {
    func header(of block: BlockRecord) -> BlockHeader {
        var header = block.header
        header.status = status(of: block)
        if misbehaviour.liesAboutParentsOf.contains(header.height) { header.parentID = Self.lie(header.parentID) }
        return header
    }

    /// A light block has no header, no seals and no protocol state.
    func block(_ record: BlockRecord, full: Bool) -> Block {
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
        block.protocolStateID = [UInt8](repeating: 0, count: 32)
        if let sealed = chain[BlockHeight(header.height.rawValue &- 1)] {
            var seal = BlockSeal()
            seal.blockID = sealed.header.id.bytes
            seal.resultID = Self.resultID(of: sealed)
            seal.finalState = [UInt8](repeating: 0, count: 32)
            block.seals = [seal]
        }
        return block
    }

    func collection(_ id: CollectionID) throws(AccessError) -> BlockRecord {
        if let block = chain.block(holding: id), block.header.height <= visibleHead { return block }
        throw AccessError(.notFound, "could not find collection with ID \(id)")
    }

    func executionResult(of block: BlockRecord) -> ExecutionResult {
        var result = ExecutionResult()
        result.blockID = block.header.id.bytes
        result.previousResultID = chain[BlockHeight(block.header.height.rawValue &- 1)].map(Self.resultID) ?? []
        result.executionDataID = [UInt8](repeating: 0, count: 32)
        return result
    }

    private static func resultID(of block: BlockRecord) -> [UInt8] {
        SHA3.hash256(Array("result".utf8) + block.header.id.bytes).bytes
    }

    private static func lie(_ id: BlockID) -> BlockID {
        BlockID(raw: SHA3.hash256(Array("another".utf8) + id.bytes))
    }
}
