import Cadence
import Encoding
import FlowClient
import FoundationEssentials
import GRPC
import Recordings

/// What a recording tells of its chain, wherever it tells it: ids, heights and times of blocks, and the transactions in
/// them with what became of each.
struct RecordedChain {
    private(set) var heights: [BlockID: UInt64] = [:]
    private var times: [UInt64: Timestamp] = [:]
    private(set) var ids: [UInt64: BlockID] = [:]
    /// In their order in the block, where the block was read back.
    private(set) var transactions: [UInt64: [TransactionID]] = [:]
    private(set) var heightOf: [TransactionID: UInt64] = [:]
    /// Of what is sealed.
    private(set) var results: [TransactionID: TransactionResult] = [:]
    /// Of those whose block was read back.
    private(set) var bodies: [TransactionID: Transaction] = [:]

    private var contents: [BlockID: [Transaction]] = [:]

    init(_ exchanges: [RecordedExchange]) {
        for exchange in exchanges {
            let answers = [exchange.responseBytes] + exchange.messageBytes
            for answer in answers where !answer.isEmpty {
                if exchange.transport == "grpc" {
                    try? readAnswer(answer, to: exchange)
                } else {
                    // Several headers may lie in one body; what is no JSON tells nothing.
                    (try? JSON(parsing: answer)).map { readBlocks(in: $0) }
                }
            }
        }
        for (block, found) in contents {
            guard let height = heights[block] else { continue }
            transactions[height] = found.map(\.id)
            for transaction in found {
                heightOf[transaction.id] = height
                bodies[transaction.id] = transaction
            }
        }
        for (id, height) in heights { ids[height] = id }
    }

    /// The recorded time, or one that lies between its neighbours'.
    func time(of height: UInt64) -> Timestamp {
        if let known = times[height] { return known }
        let before = times.keys.filter { $0 < height }.max()
        let base = before.flatMap { times[$0] } ?? Timestamp(seconds: 1_795_304_900)
        let steps = Int64(height - (before ?? 0))
        return .inMilliseconds(base.milliseconds + steps)
    }

    private mutating func readAnswer(_ answer: [UInt8], to exchange: RecordedExchange) throws {
        switch exchange.call {
        case "GetLatestBlockHeader", "GetBlockHeaderByID", "GetBlockHeaderByHeight":
            try BlockHeaderResponse(protobuf: answer).block.map { note($0) }
        case "SubscribeBlockHeadersFromLatest", "SubscribeBlockHeadersFromStartHeight",
            "SubscribeBlockHeadersFromStartBlockID":
            try SubscribeBlockHeadersResponse(protobuf: answer).header.map { note($0) }
        case "GetLatestBlock", "GetBlockByID", "GetBlockByHeight":
            try BlockResponse(protobuf: answer).block.map { note($0) }
        case "SubscribeBlocksFromLatest", "SubscribeBlocksFromStartHeight", "SubscribeBlocksFromStartBlockID":
            try SubscribeBlocksResponse(protobuf: answer).block.map { note($0) }
        case "GetEventsForHeightRange", "GetEventsForBlockIDs":
            for block in try EventsResponse(protobuf: answer).results {
                note(block.blockID, block.blockHeight.rawValue, block.blockTimestamp)
            }
        case "GetTransactionResult", "GetTransactionResultByIndex":
            note(try TransactionResultResponse(protobuf: answer).result, asked: transactionAsked(exchange))
        case "SendAndSubscribeTransactionStatuses":
            let result = try SendAndSubscribeTransactionStatusesResponse(protobuf: answer).results?.result
            if let result { note(result, asked: exchange.sentTransaction?.id) }
        case "GetTransactionResultsByBlockID":
            for result in try TransactionResultsResponse(protobuf: answer).results.map(\.result) {
                note(result, asked: nil)
            }
        case "GetTransactionsByBlockID":
            let found = try TransactionsResponse(protobuf: answer).transactions.filter { !$0.isOfTheSystem }
            let block = try GetTransactionsByBlockIDRequest(protobuf: exchange.requestBytes).blockID
            if !found.isEmpty { contents[block] = found }
        default: break
        }
    }

    private func transactionAsked(_ exchange: RecordedExchange) -> TransactionID? {
        (try? WireMessage(exchange.requestBytes))?[bytes: 1].flatMap { TransactionID(bytes: $0) }
    }

    private mutating func note(_ header: BlockHeader) { note(header.id, header.height.rawValue, header.timestamp) }
    private mutating func note(_ block: Block) { note(block.id, block.height.rawValue, block.timestamp) }

    private mutating func note(_ id: BlockID, _ height: UInt64, _ time: Timestamp?) {
        guard id != .zero else { return }
        heights[id] = height
        // Streams of the emulator have times of the year 1, or milliseconds where seconds belong.
        guard let time, (946_684_800..<32_503_680_000).contains(time.seconds) else { return }
        times[height] = time
    }

    private mutating func note(_ result: TransactionResult, asked: TransactionID?) {
        let id = result.transactionID == .zero ? asked : result.transactionID
        guard let id, result.status >= .executed, result.status != .expired, result.blockHeight > 0 else { return }
        heightOf[id] = result.blockHeight.rawValue
        results[id] = result
    }

    /// Any object with an id, a height and a time, as the HTTP API writes headers and events of blocks.
    private mutating func readBlocks(in json: JSON) {
        if let elements = json.array { for element in elements { readBlocks(in: element) } }
        guard let members = json.object else { return }
        for (id, height, time) in [
            ("id", "height", "timestamp"), ("block_id", "block_height", "block_timestamp"),
        ] {
            guard let id = json[id]?.string.flatMap({ BlockID(hex: $0) }),
                let height = json[height]?.string.flatMap({ UInt64($0) })
            else { continue }
            let seconds = json[time]?.string.flatMap { RFC3339.parse($0) }?.timeIntervalSince1970
            let time = seconds.map { Timestamp.inMilliseconds(Int64(($0 * 1000).rounded())) }
            note(id, height, time)
        }
        for member in members { readBlocks(in: member.value) }
    }
}

extension RecordedExchange {
    /// What it sends, where it sends a transaction over gRPC.
    var sentTransaction: Transaction? {
        guard ["SendTransaction", "SendAndSubscribeTransactionStatuses"].contains(call),
            let body = (try? WireMessage(requestBytes))?[bytes: 1]
        else { return nil }
        return Transaction(wire: body)
    }
}

extension Transaction {
    /// The two that every block ends with: nobody signed them.
    var isOfTheSystem: Bool { envelopeSignatures.isEmpty && payloadSignatures.isEmpty }

    /// flow.entities.Transaction, however odd it is: what a node refuses was sent, too.
    init?(wire bytes: [UInt8]) {
        guard let message = try? WireMessage(bytes) else { return nil }
        func address(_ bytes: [UInt8]?) -> Address { bytes.flatMap { Address(bytes: $0) } ?? Address(rawValue: 0) }
        func all(_ number: Int) -> [[UInt8]] {
            message.fields.compactMap { field in
                if field.number == number, case .bytes(let value) = field.value { value } else { nil }
            }
        }
        func signatures(_ number: Int) -> [Signature] {
            all(number).compactMap { try? WireMessage($0) }.map { wire in
                Signature(
                    address: address(wire[bytes: 1]),
                    keyIndex: KeyIndex(UInt32(truncatingIfNeeded: wire[number: 2] ?? 0)),
                    signature: wire[bytes: 3] ?? [], extensionData: wire[bytes: 4] ?? [])
            }
        }
        let key = message[bytes: 5].flatMap { try? WireMessage($0) }
        self.init(
            script: message[bytes: 1] ?? [], arguments: all(2),
            referenceBlockID: message[bytes: 3].flatMap { BlockID(bytes: $0) } ?? .zero,
            computationLimit: message[number: 4] ?? 0,
            proposalKey: .init(
                address: address(key?[bytes: 1]),
                keyIndex: KeyIndex(UInt32(truncatingIfNeeded: key?[number: 2] ?? 0)),
                sequenceNumber: SequenceNumber(key?[number: 3] ?? 0)), payer: address(message[bytes: 6]),
            authorizers: all(7).map(address), payloadSignatures: signatures(8), envelopeSignatures: signatures(9))
    }
}

extension Timestamp {
    static func inMilliseconds(_ value: Int64) -> Timestamp {
        Timestamp(seconds: value / 1000, nanoseconds: Int32(value % 1000) * 1_000_000)
    }
}
