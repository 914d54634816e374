import AccessServing
import Encoding
import FlowClient
import Recordings

extension RecordedExchange {
    /// The transaction that it sends, whatever it is sent over.
    var anyTransaction: Transaction? {
        switch transport {
        case "grpc": return sentTransaction
        case "http":
            guard method.hasPrefix("POST /v1/transactions") else { return nil }
            return try? HTTPAccessService.TransactionBody.parse(requestBytes)
        default:
            guard let request = try? JSON(parsing: requestBytes),
                request["topic"] == "send_and_get_transaction_statuses", let body = request["arguments"]
            else { return nil }
            return try? HTTPAccessService.TransactionBody.parse(GoJSON.compact(body))
        }
    }

    /// The request as it was, with another transaction.
    func posted(_ transaction: Transaction, in bytes: [UInt8]) -> [UInt8] {
        let whole = HTTPAccessService.Body.transaction(transaction, result: nil)
        let body = JSON.object((whole.object ?? []).filter { !["id", "_expandable", "_links"].contains($0.name) })
        guard transport == "websocket", case .object(var request)? = try? JSON(parsing: bytes),
            let at = request.firstIndex(where: { $0.name == "arguments" })
        else { return GoJSON.compact(body) }
        request[at].value = body
        return GoJSON.compact(.object(request))
    }

    /// Whether the node said no to what it was sent.
    var isRefused: Bool {
        switch transport {
        case "grpc": (code ?? 0) != 0
        case "http": code != 200
        default: false
        }
    }

    var isStream: Bool {
        transport == "websocket" || call.hasPrefix("Subscribe") || call.hasPrefix("SendAndSubscribe")
    }

    /// A stream that begins with the block that is the head when it is opened.
    var beginsAtHead: Bool {
        if transport == "grpc" { return call.hasSuffix("FromLatest") || call.hasSuffix("FromLatestBlock") }
        guard transport == "websocket", let request = try? JSON(parsing: requestBytes),
            let arguments = request["arguments"], request["action"] == "subscribe"
        else { return false }
        let topics: Set<String> = ["blocks", "block_headers", "block_digests", "events", "account_statuses"]
        return topics.contains(request["topic"]?.string ?? "") && arguments["start_block_height"] == nil
            && arguments["start_block_id"] == nil
    }

    /// The highest block that the answer speaks of: the chain had it.
    var answeredHeight: UInt64? {
        if let message, let said = message.firstRange(of: "final_height=") {
            return UInt64(message[said.upperBound...].prefix(while: \.isNumber))
        }
        return height(in: responseBytes)
    }

    /// Of the first message that speaks of one.
    var firstHeight: UInt64? { messageBytes.lazy.compactMap { height(in: $0) }.first }

    func height(in answer: [UInt8]) -> UInt64? {
        guard !answer.isEmpty else { return nil }
        if transport == "grpc" {
            guard let schema = WireSchema.answer(to: method) else { return nil }
            return schema.highest(in: answer)
        }
        return (try? JSON(parsing: answer)).flatMap { Self.highest(in: $0) }
    }

    private static let names: Set<String> = ["height", "block_height"]

    private static func highest(in json: JSON) -> UInt64? {
        var found = (json.array ?? []).compactMap { highest(in: $0) }
        for member in json.object ?? [] {
            if names.contains(member.name), let height = member.value.string.flatMap({ UInt64($0) }) {
                found.append(height)
            }
            if let deeper = highest(in: member.value) { found.append(deeper) }
        }
        return found.max()
    }
}

extension WireSchema {
    /// The highest of the fields that hold a block's height.
    func highest(in bytes: [UInt8]) -> UInt64? {
        guard let message = try? WireMessage(bytes) else { return nil }
        var found: [UInt64] = []
        for field in message.fields {
            let known = self[field.number]
            switch field.value {
            case .varint(let value) where known.name == "height" || known.name == "block_height": found.append(value)
            case .bytes(let value):
                if let deeper = known.message.flatMap({ WireSchema.of($0) })?.highest(in: value) {
                    found.append(deeper)
                }
            default: break
            }
        }
        return found.max()
    }
}
