import Encoding
import HTTP

/// The header that the HTTP API gives: view, payload hash, proposer and chain are not in it, so an id cannot be
/// recomputed from it.
extension BlockHeader: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["id", "parent_id", "height", "timestamp", "parent_voter_signature"]) { name, scanner in
            switch name {
            case "id": id = try scanner.id()
            case "parent_id": parentID = try scanner.id()
            case "height": height = try scanner.height()
            case "timestamp": timestamp = try scanner.timestamp()
            case "parent_voter_signature": parentVoterSignature = try scanner.base64()
            default: break
            }
        }
    }
}

extension BlockStatus: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        switch try scanner.string() {
        case "BLOCK_SEALED": self = .sealed
        case "BLOCK_FINALIZED": self = .finalized
        case "BLOCK_UNKNOWN": self = .unknown
        default: throw scanner.failure("expected a block's status")
        }
    }
}

/// A block, with its payload where that was expanded. `execution_result` is left: it is the result of this block, while
/// `executionResults` are those that the block's payload carries, which the HTTP API does not show.
struct BlockBody: HTTPBody {
    var block = Block()
    var hasPayload = false

    init(from scanner: inout JSONScanner) throws {
        var header = BlockHeader()
        try scanner.fields(["header"]) { name, scanner in
            switch name {
            case "header": header = try scanner.value()
            case "payload":
                let payload: BlockPayload = try scanner.value()
                (block.collectionGuarantees, block.seals) = (payload.collectionGuarantees, payload.seals)
                hasPayload = true
            case "block_status": block.status = try scanner.value()
            default: break
            }
        }
        block.header = header
        (block.id, block.parentID, block.height) = (header.id, header.parentID, header.height)
        block.timestamp = header.timestamp
    }
}

struct BlockPayload: HTTPBody {
    var collectionGuarantees: [CollectionGuarantee] = []
    var seals: [BlockSeal] = []

    init(from scanner: inout JSONScanner) throws {
        try scanner.fields(["collection_guarantees", "block_seals"]) { name, scanner in
            switch name {
            case "collection_guarantees": collectionGuarantees = try scanner.list()
            case "block_seals": seals = try scanner.list()
            default: break
            }
        }
    }
}

extension CollectionGuarantee: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["collection_id", "signer_indices", "signature"]) { name, scanner in
            switch name {
            case "collection_id": collectionID = try scanner.id()
            case "signer_indices": signerIndices = try scanner.hex()
            case "signature": signature = try scanner.base64()
            case "reference_block_id": referenceBlockID = try scanner.hex()
            // A chain's name, such as cluster-0-….
            case "cluster_chain_id": clusterChainID = Array(try scanner.string().utf8)
            default: break
            }
        }
    }
}

extension BlockSeal: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["block_id", "result_id", "final_state", "aggregated_approval_signatures"]) {
            name, scanner in
            switch name {
            case "block_id": blockID = try scanner.hex(count: 32)
            case "result_id": resultID = try scanner.hex(count: 32)
            case "final_state":
                // Public nodes send the commitment in quotes of its own.
                let text = try scanner.string().filter { $0 != "\"" }
                guard let bytes = Hex.decode(text) else { throw scanner.failure("expected hex digits") }
                finalState = bytes
            case "aggregated_approval_signatures": aggregatedApprovalSignatures = try scanner.list()
            default: break
            }
        }
    }
}

extension AggregatedSignature: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["verifier_signatures", "signer_ids"]) { name, scanner in
            switch name {
            case "verifier_signatures": verifierSignatures = try scanner.list { try $0.base64() }
            case "signer_ids": signerIDs = try scanner.list { try $0.hex(count: 32) }
            default: break
            }
        }
    }
}

extension BlockDigest: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init(id: .zero, height: 0, timestamp: Timestamp(seconds: 0))
        try scanner.fields(["block_id", "height", "timestamp"]) { name, scanner in
            switch name {
            case "block_id": id = try scanner.id()
            case "height": height = try scanner.height()
            case "timestamp": timestamp = try scanner.timestamp()
            default: break
            }
        }
    }
}
