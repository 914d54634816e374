import Encoding
import HTTP

extension TransactionResult: HTTPBody {
    /// Without the block's height, which is not in it. The transaction's id is taken from the link to itself.
    init(from scanner: inout JSONScanner) throws {
        self.init()
        var hasFailed = false
        try scanner.fields(["block_id", "status", "status_code", "error_message", "computation_used", "events"]) {
            name, scanner in
            switch name {
            case "block_id": blockID = try scanner.idOrNone()
            case "collection_id": collectionID = try scanner.idOrNone()
            case "status": status = try scanner.value()
            case "execution": hasFailed = try scanner.string() == "Failure"
            case "status_code": statusCode = try scanner.integer()
            case "error_message": errorMessage = try scanner.string()
            case "computation_used": computationUsage = try scanner.uint64()
            case "events": events = try scanner.list()
            case "_links":
                try scanner.fields([]) { name, scanner in if name == "_self" { transactionID = try scanner.link() } }
            default: break
            }
        }
        // What is a failure has a code, told or not.
        if hasFailed, statusCode == 0 { statusCode = 1 }
    }
}

extension TransactionStatus: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        switch try scanner.string() {
        case "": self = .unknown
        case "Pending": self = .pending
        case "Finalized": self = .finalized
        case "Executed": self = .executed
        case "Sealed": self = .sealed
        case "Expired": self = .expired
        default: throw scanner.failure("expected a transaction's status")
        }
    }
}

extension Event: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["type", "transaction_id", "transaction_index", "event_index", "payload"]) { name, scanner in
            switch name {
            case "type": type = try scanner.string()
            case "transaction_id": transactionID = try scanner.id()
            case "transaction_index": transactionIndex = try scanner.uint32()
            case "event_index": eventIndex = try scanner.uint32()
            case "payload": payload = try scanner.base64()
            default: break
            }
        }
    }
}

extension BlockEvents: HTTPBody {
    /// A block without events has no `events` at all.
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["block_id", "block_height", "block_timestamp"]) { name, scanner in
            switch name {
            case "block_id": blockID = try scanner.id()
            case "block_height": blockHeight = try scanner.height()
            case "block_timestamp": blockTimestamp = try scanner.timestamp()
            case "events": events = try scanner.list()
            default: break
            }
        }
    }
}
