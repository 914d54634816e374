import Encoding
import HTTP

/// An execution result as far as the HTTP API tells it: service events without payloads, chunks without execution data.
extension ExecutionResult: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["block_id", "previous_result_id", "events"]) { name, scanner in
            switch name {
            case "block_id": blockID = try scanner.hex(count: 32)
            case "previous_result_id": previousResultID = try scanner.hex(count: 32)
            case "events": serviceEvents = try scanner.list()
            case "chunks": chunks = try scanner.list()
            default: break
            }
        }
    }
}

extension ServiceEvent: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["type"]) { name, scanner in if name == "type" { type = try scanner.string() } }
    }
}

extension Chunk: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields([
            "block_id", "collection_index", "start_state", "end_state", "event_collection", "index",
            "number_of_transactions", "total_computation_used",
        ]) { name, scanner in
            switch name {
            case "block_id": blockID = try scanner.hex(count: 32)
            case "collection_index": collectionIndex = try scanner.uint32()
            case "start_state": startState = try scanner.base64()
            case "end_state": endState = try scanner.base64()
            case "event_collection": eventCollection = try scanner.hex()
            case "index": index = try scanner.uint64()
            case "number_of_transactions": numberOfTransactions = try scanner.uint32()
            case "total_computation_used": totalComputationUsed = try scanner.uint64()
            default: break
            }
        }
    }
}

extension ExecutionReceipt: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields(["executor_id", "result_id", "executor_signature"]) { name, scanner in
            switch name {
            case "executor_id": meta.executorID = try scanner.hex(count: 32)
            case "result_id": meta.resultID = try scanner.hex(count: 32)
            case "spocks": meta.spocks = try scanner.list { try $0.base64() }
            case "executor_signature": meta.executorSignature = try scanner.base64()
            case "execution_result": if try !scanner.null() { result = try scanner.value() }
            default: break
            }
        }
    }
}
