import Encoding
import FlowClient
import HTTP

/// What a subscription's `arguments` say: strings and arrays of strings, each refused by its name where it is wrong.
extension AccessSocket.Feed {
    typealias Refusal = HTTPAccessService.Refusal

    static func naming<Value>(_ what: String, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let refusal as Refusal { throw Refusal.bad("\(what): \(refusal.message)") }
    }

    static func allow(_ names: Set<String>, in arguments: JSON) throws {
        for member in arguments.object ?? [] where !names.contains(member.name) {
            throw Refusal.bad("unexpected field: '\(member.name)'")
        }
    }

    static func blocks(_ arguments: JSON) throws -> (StreamStart, BlockStatus) {
        try naming("invalid arguments") {
            try allow(["start_block_id", "start_block_height", "block_status"], in: arguments)
            let start = try start(arguments)
            guard let given = arguments["block_status"] else { throw Refusal.bad("missing 'block_status' field") }
            guard let text = given.string else { throw Refusal.bad("'block_status' must be string") }
            switch text {
            case "": throw Refusal.bad("'block_status' field must not be empty")
            case "finalized": return (start, .finalized)
            case "sealed": return (start, .sealed)
            default: throw Refusal.bad("invalid 'block_status', must be 'finalized' or 'sealed'")
            }
        }
    }

    static func start(_ arguments: JSON) throws -> StreamStart {
        switch (arguments["start_block_id"], arguments["start_block_height"]) {
        case (nil, nil): return .latest
        case (_?, _?): throw Refusal.bad("can only provide either 'start_block_id' or 'start_block_height'")
        case (let given?, nil):
            guard let text = given.string else { throw Refusal.bad("'start_block_id' must be a string") }
            let id = try naming("invalid 'start_block_id'") { try HTTPAccessService.Request.identifier(text) }
            return id.map { .blockID(BlockID(raw: $0)) } ?? .latest
        case (nil, let given?):
            guard let text = given.string else { throw Refusal.bad("'start_block_height' must be a string") }
            return .height(
                BlockHeight(
                    try HTTPAccessService.Request.unsigned(
                        text, "'start_block_height' must be convertible to uint64")))
        }
    }

    /// One, the node's default, where nothing is said.
    static func heartbeat(_ arguments: JSON) throws -> UInt64 {
        guard let given = arguments["heartbeat_interval"] else { return 0 }
        guard let text = given.string else { throw Refusal.bad("'heartbeat_interval' must be a string") }
        guard let first = text.utf8.first, first != UInt8(ascii: "+"), let value = UInt64(text) else {
            throw Refusal.bad(
                "'heartbeat_interval' must be convertible to uint64: strconv.ParseUint: parsing \"\(text)\": invalid syntax"
            )
        }
        return value
    }

    static func strings(_ arguments: JSON, _ name: String) throws -> [String] {
        guard let given = arguments[name] else { return [] }
        func refusal(_ what: String, _ value: JSON) -> Refusal {
            .bad("'\(name)' must be an array of strings: value must be \(what). got \(goType(value))")
        }
        guard let elements = given.array else { throw refusal("an array", given) }
        return try elements.map { element in
            guard let text = element.string else { throw refusal("an array of strings", element) }
            return text
        }
    }

    private static func goType(_ value: JSON) -> String {
        switch value {
        case .null: "<nil>"
        case .bool: "bool"
        case .number: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }

    static func transactionID(_ arguments: JSON) throws -> TransactionID {
        try allow(["tx_id"], in: arguments)
        guard let given = arguments["tx_id"] else { throw Refusal.bad("missing 'tx_id' field") }
        guard let text = given.string else { throw Refusal.bad("'tx_id' must be a string") }
        guard !text.isEmpty else { throw Refusal.bad("'tx_id' must not be empty") }
        let id = try naming("invalid 'tx_id'") { try HTTPAccessService.Request.identifier(text) }
        return TransactionID(raw: id ?? .zero)
    }
}
