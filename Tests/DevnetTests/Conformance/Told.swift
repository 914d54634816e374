import FlowClient

/// An answer in words, without what the HTTP API does not tell where it was asked over that.
struct Told: Sendable {
    let isNarrow: Bool

    func callAsFunction(_ header: BlockHeader) -> String { "\(narrowed(header))" }

    func callAsFunction(_ block: Block) -> String {
        guard isNarrow else { return "\(block)" }
        var told = block
        told.timestamp = milliseconds(block.timestamp)
        told.header = block.header.map(narrowed)
        for at in told.collectionGuarantees.indices { told.collectionGuarantees[at].signatures = [] }
        (told.signatures, told.executionReceiptMetas, told.executionResults, told.protocolStateID) = ([], [], [], [])
        return "\(told)"
    }

    func callAsFunction(_ result: ExecutionResult) -> String {
        "\(result.blockID) \(result.previousResultID) \(isNarrow ? [] : result.executionDataID)"
    }

    func callAsFunction(_ receipt: ExecutionReceipt) -> String {
        "\(receipt.meta) \(receipt.result.map { self($0) } ?? "without result")"
    }

    private func narrowed(_ header: BlockHeader) -> BlockHeader {
        guard isNarrow else { return header }
        var told = BlockHeader()
        (told.id, told.parentID, told.height, told.status) = (header.id, header.parentID, header.height, header.status)
        (told.timestamp, told.parentVoterSignature) = (milliseconds(header.timestamp), header.parentVoterSignature)
        return told
    }

    /// The API's headers have no more.
    private func milliseconds(_ time: Timestamp) -> Timestamp {
        Timestamp(seconds: time.seconds, nanoseconds: time.nanoseconds - time.nanoseconds % 1_000_000)
    }
}
