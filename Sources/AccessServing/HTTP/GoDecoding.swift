import Encoding
import FlowClient
import HTTP

/// Reading a request's body as Go's encoding/json does it for the API, with unknown fields refused, in the words of
/// onflow/flow-go engine/access/rest/common/utils.go (ParseBody). Null stands for nothing, as there.
enum GoDecoding {
    typealias Refusal = HTTPAccessService.Refusal

    /// One value and no more.
    static func decode<Value>(
        _ bytes: [UInt8], _ read: (inout JSONScanner) throws -> Value
    ) throws -> Value {
        try bytes.withUnsafeBytes { buffer in
            guard buffer.contains(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }) else {
                throw Refusal.bad("request body must not be empty")
            }
            var checker = JSONScanner(buffer)
            do {
                try checker.skip()
            } catch let flaw as JSONScanner.Failure {
                let place = flaw.isEnd ? "" : " (at position \(flaw.offset + 1))"
                throw Refusal.bad("request body contains badly-formed JSON\(place)")
            }
            var scanner = JSONScanner(buffer)
            if try scanner.peek() == .null { throw Refusal.bad("request body must not be empty") }
            let value = try read(&scanner)
            do { try checker.end() } catch {
                throw Refusal.bad("request body must only contain a single JSON object")
            }
            return value
        }
    }

    /// - Parameter member: reads the value of a member it knows; false of one that it does not.
    static func object(
        _ scanner: inout JSONScanner, _ path: String,
        _ member: (_ name: String, _ path: String, _ scanner: inout JSONScanner) throws -> Bool
    ) throws {
        guard try scanner.peek() == .object else { return try mismatch(&scanner, path) }
        try scanner.object { name, scanner in
            guard try member(name, path.isEmpty ? name : "\(path).\(name)", &scanner) else {
                throw Refusal.bad("request body contains unknown field \"\(name)\"")
            }
        }
    }

    static func array(
        _ scanner: inout JSONScanner, _ path: String, _ element: (_ scanner: inout JSONScanner) throws -> Void
    ) throws {
        guard try scanner.peek() == .array else { return try mismatch(&scanner, path) }
        try scanner.array(element)
    }

    static func string(_ scanner: inout JSONScanner, _ path: String) throws -> String {
        guard try scanner.peek() == .string else {
            try mismatch(&scanner, path)
            return ""
        }
        return try scanner.string()
    }

    static func strings(_ scanner: inout JSONScanner, _ path: String) throws -> [String] {
        var texts: [String] = []
        try array(&scanner, path) { texts.append(try string(&$0, path)) }
        return texts
    }

    /// Throws, but where null stands for the value.
    private static func mismatch(_ scanner: inout JSONScanner, _ path: String) throws {
        if try scanner.null() { return }
        let kind = try scanner.peek()
        var position = scanner.offset + 1
        if kind != .object, kind != .array {
            try scanner.skip()
            position = scanner.offset
        }
        throw Refusal.bad(
            "request body contains an invalid value for the \"\(path)\" field (at position \(position))")
    }

    /// What json.Unmarshal says of text that is no JSON.
    static func complaint(of flaw: JSONScanner.Failure, in bytes: [UInt8]) -> String {
        guard !flaw.isEnd, flaw.offset < bytes.count else { return "unexpected EOF" }
        let place =
            switch flaw.message {
            case "expected a string": "looking for beginning of object key string"
            case "expected ':'": "after object key"
            case "expected ',' or '}'": "after object key:value pair"
            case "expected ',' or ']'": "after array element"
            case "something follows the value": "after top-level value"
            case "a control character in a string": "in string literal"
            case "an escape that is none": "in string escape code"
            case "expected a digit", "a number with a leading zero": "in numeric literal"
            default: "looking for beginning of value"
            }
        let byte = bytes[flaw.offset]
        let character = byte == UInt8(ascii: "'") ? "\\'" : String(UnicodeScalar(byte))
        return "invalid character '\(character)' \(place)"
    }
}

extension JSONScanner.Failure {
    fileprivate var isEnd: Bool { message == "the text ends too early" }
}
