import Cadence
import Encoding
import HTTP

extension EventsMessage: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["block_id", "block_height", "block_timestamp", "message_index"]) { name, scanner in
            switch name {
            case "block_id": blockID = try scanner.id()
            case "block_height": blockHeight = try scanner.height()
            case "block_timestamp": blockTimestamp = try scanner.timestamp()
            case "events": events = try scanner.list()
            case "message_index": messageIndex = try scanner.integer()
            default: break
            }
        }
    }
}

extension AccountStatusesMessage: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["block_id", "height", "account_events", "message_index"]) { name, scanner in
            switch name {
            case "block_id": blockID = try scanner.id()
            case "height": blockHeight = try scanner.height()
            case "account_events":
                if try scanner.null() { return }
                try scanner.fields([]) { name, scanner in
                    var account = AccountEvents()
                    guard name.utf8.count == 18, let address = Address(name) else {
                        throw scanner.failure("expected an address as name")
                    }
                    account.address = address
                    account.events = try scanner.list()
                    results.append(account)
                }
            case "message_index": messageIndex = try scanner.integer()
            default: break
            }
        }
        // An object's members have no order of their own.
        results.sort { $0.address < $1.address }
    }
}

/// A status of a transaction on a stream.
struct TransactionStatusMessage: HTTPBody {
    var result = TransactionResult()
    var messageIndex: UInt64 = 0

    init(from scanner: inout JSONScanner) throws {
        try scanner.fields(["transaction_result", "message_index"]) { name, scanner in
            switch name {
            case "transaction_result": result = try scanner.value()
            case "message_index": messageIndex = try scanner.integer()
            default: break
            }
        }
    }
}
