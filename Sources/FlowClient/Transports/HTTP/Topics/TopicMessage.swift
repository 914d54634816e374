import Encoding
import HTTP

/// One text of `/v1/ws`, read as far as its envelope:
/// `{"subscription_id":…,"action":"subscribe"}` agrees, with `error` it refuses,
/// `{"subscription_id":…,"topic":…,"payload":…}` carries something
/// (onflow/flow-go engine/access/rest/websockets/models).
struct TopicMessage: Sendable {
    struct Refusal: Hashable, Sendable {
        var code: Int
        var message: String
    }

    let text: String
    private(set) var subscription = ""
    private(set) var action = ""
    private(set) var refusal: Refusal?
    private var payloadRange: Range<Int>?

    /// - Throws: `BodyError`.
    init(_ text: String) throws {
        var text = text
        self.text = text
        try text.withUTF8 { bytes in
            try HTTPBodies.read(UnsafeRawBufferPointer(bytes)) { try readEnvelope(&$0) }
        }
    }

    private mutating func readEnvelope(_ scanner: inout JSONScanner) throws {
        try scanner.fields(["subscription_id"]) { name, scanner in
            switch name {
            case "subscription_id": subscription = try scanner.string()
            case "action": action = try scanner.string()
            case "payload":
                _ = try scanner.peek()
                let start = scanner.offset
                try scanner.skip()
                payloadRange = start..<scanner.offset
            case "error":
                if try scanner.null() { return }
                var refusal = Refusal(code: 0, message: "")
                try scanner.fields(["code", "message"]) { name, scanner in
                    switch name {
                    case "code": refusal.code = try scanner.integer()
                    case "message": refusal.message = try scanner.string()
                    default: break
                    }
                }
                self.refusal = refusal
            default: break
            }
        }
    }

    var hasPayload: Bool { payloadRange != nil }
    var byteCount: Int { text.utf8.count }

    /// - Throws: `BodyError`, whose path starts at the payload.
    func payload<Element>(_ read: (inout JSONScanner) throws -> Element) throws -> Element {
        guard let payloadRange else { throw BodyError("it must be there", path: ".payload") }
        var text = text
        return try text.withUTF8 { bytes in
            try HTTPBodies.read(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[payloadRange]), read)
        }
    }
}
