import Encoding
import FlowClient
import Signer

/// A block as the chain keeps it: its header, its transactions with what became of them, and the state after it.
struct BlockRecord: Sendable {
    var header: BlockHeader
    var parentTimestamp = Timestamp(seconds: 0)
    var collection: TransactionCollection?
    /// Of a block that was executed here.
    var executed: [TransactionRecord] = []
    /// Of one that was not, but is told anew each time.
    var generated: GeneratedBlock?
    var transactions: [TransactionRecord] { generated?.records ?? executed }
    /// What the system transactions left behind, where they did more than the block itself tells: fees.
    var systemEvents: [Event] = []
    /// Nil once it is older than what is kept.
    var state: LedgerState?

    var facts: BlockFacts {
        BlockFacts(
            id: header.id, height: header.height, timestamp: header.timestamp,
            uuidOffset: Digest.sha2_256(header.id.bytes).bytes[0])
    }

    struct TransactionRecord: Sendable {
        var id: TransactionID
        var transaction: Transaction
        var outcome: TransactionOutcome
    }

    /// The header of the block after this one. What a collection adds to the payload's hash is ours: the chain's own is a
    /// Merkle root over structures that a devnet has no use for.
    static func header(
        after parent: BlockHeader, timestamp: Timestamp, collection: CollectionID?, style: DevnetConfiguration.Style
    ) -> BlockHeader {
        var header = BlockHeader()
        header.parentID = parent.id
        header.height = BlockHeight(parent.height.rawValue + 1)
        header.timestamp = timestamp
        header.payloadHash = collection.map { SHA3.hash256($0.bytes).bytes } ?? emptyPayloadHash
        header.view = parent.view + 1
        // The emulator leaves it out.
        header.parentView = style == .emulator ? 0 : parent.view
        header.proposerID = noID
        header.chainID = ChainID.emulator.rawValue
        header.id = id(of: header)
        return header
    }

    /// The first block of every emulated chain, the same on each.
    static let rootHeader: BlockHeader = {
        var header = BlockHeader()
        header.timestamp = Timestamp(seconds: 1_545_258_750)
        header.payloadHash = emptyPayloadHash
        header.proposerID = noID
        header.chainID = ChainID.emulator.rawValue
        header.id = id(of: header)
        return header
    }()

    /// Of a header in which nothing is set: what the emulator calls the latest finalized block beside its answers.
    static let blankID: BlockID = {
        var header = BlockHeader()
        header.payloadHash = noID
        header.proposerID = noID
        return id(of: header)
    }()

    /// Shared by all headers, like the hash of an empty payload: a block costs less than a kilobyte.
    private static let noID = [UInt8](repeating: 0, count: 32)
    /// Of a payload without guarantees, seals, receipts and results.
    private static let emptyPayloadHash = Hex.decode(
        "43ae4ae54f7f3c71179690fc6206bf26bcb5b12aaaa15fc76c3b380198b4e499")!

    /// SHA3-256 over the RLP of eleven fields (onflow/flow-go:model/flow/header.go).
    static func id(of header: BlockHeader) -> BlockID {
        let fields: [RLP.Item] = [
            .bytes(Array(header.chainID.utf8)), .bytes(header.parentID.bytes), number(header.height.rawValue),
            .bytes(header.payloadHash), number(UInt64(header.timestamp.milliseconds)), number(header.view),
            number(header.parentView), .bytes(header.parentVoterIndices), .bytes(header.parentVoterSignature),
            .bytes(header.proposerID), .bytes(noID),
        ]
        return BlockID(raw: SHA3.hash256(RLP.encode(.list(fields))))
    }

    private static func number(_ value: UInt64) -> RLP.Item {
        .bytes(Array(withUnsafeBytes(of: value.bigEndian, Array.init).drop { $0 == 0 }))
    }
}
