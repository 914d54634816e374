@testable import Encoding
@testable import Cadence
@testable import AccessServing
@testable import FlowClient
@testable import HTTP

/// One for each decoder. A target ends in a value or an error; a value means what its own encoding means, or the process ends.
nonisolated(unsafe) let targets: [String: (UnsafeRawBufferPointer) -> Void] = [
    "json-cdc": { bytes in
        guard let value = try? JSONCDC.decode(bytes) else { return }
        let again = JSONCDC.encode(value)
        // The reference writes a few things that it can't read again; so do we.
        guard let reread = try? JSONCDC.decode(again) else { return }
        precondition(JSONCDC.encode(reread) == again)
    },
    "ccf": { bytes in
        guard let value = try? CCF.decode(bytes), let again = try? CCF.encode(value) else { return }
        guard let reread = try? CCF.decode(again) else { preconditionFailure("written, and not readable") }
        precondition((try? CCF.encode(reread)) == again)
        precondition(JSONCDC.encode(reread) == JSONCDC.encode(value))
        guard let sorted = try? CCF.encode(value, sorted: true) else { preconditionFailure("no sorted form") }
        precondition((try? CCF.decode(sorted)) != nil)
    },
    "event-reader": { bytes in
        let whole = try? CadenceValue.decodeEventPayload(Array(bytes))
        let found = try? eventReader.read(bytes) { event in
            [0, 1, 2].map { event.isPresent($0) ? try? event.value($0) : nil }
        }
        guard let composite = whole?.asComposite, composite.typeID == eventReader.type, composite.kind == .event else { return }
        guard let found else { preconditionFailure("the whole decoder reads it, the reader does not") }
        for (field, name) in eventReader.fields.enumerated() where composite[name] != nil {
            precondition(found[field] == composite[name])
        }
    },
    "arguments": { bytes in
        guard let parameters = try? TransactionArguments.parameters(of: Array(bytes)) else { return }
        _ = try? TransactionArguments.values(for: parameters, json: .array(parameters.map { _ in "0x01" }))
    },
    "lines": { bytes in
        guard let json = try? JSON(parsing: bytes) else { return }
        guard let again = try? JSON(parsing: json.bytes) else { preconditionFailure("written, and not readable") }
        precondition(again == json)
    },
    "rlp": { bytes in
        guard let item = try? RLP.decode(Array(bytes)) else { return }
        precondition(RLP.encode(item) == Array(bytes), "RLP has one form")
    },
    "protobuf": { bytes in
        // The first byte chooses the message.
        guard let first = bytes.first else { return }
        let methods = [
            "GetBlockByHeight", "GetBlockHeaderByHeight", "GetTransactionResultsByBlockID", "GetEventsForHeightRange",
        ]
        _ = try? RecordedCall(
            method: "/flow.access.AccessAPI/" + methods[Int(first) % methods.count], request: [],
            response: Array(bytes.dropFirst()))
        // And where the bytes are cut: lent in pieces they are what they are whole.
        let answer = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        let cut = Int(first) * 31 % (answer.count + 1)
        let whole = lent([answer])
        let pieces = lent([
            UnsafeRawBufferPointer(rebasing: answer[..<cut]), UnsafeRawBufferPointer(rebasing: answer[cut...]),
        ])
        precondition(pieces == whole)
    },
    "http-bodies": { bytes in
        // The first byte chooses the body.
        guard let first = bytes.first else { return }
        bodies[Int(first) % bodies.count](UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
    },
    "topic-messages": { bytes in
        guard let message = try? TopicMessage(String(decoding: bytes, as: UTF8.self)) else { return }
        _ = try? message.payload { try $0.value(BlockBody.self) }
        _ = try? message.payload { try $0.value(EventsMessage.self) }
        _ = try? message.payload { try $0.value(AccountStatusesMessage.self) }
        _ = try? message.payload { try $0.value(TransactionStatusMessage.self) }
    },
    "websocket-frames": { bytes in
        // The first byte chooses the end, the second where the bytes are cut: in pieces they mean no less than whole.
        guard bytes.count > 2 else { return }
        let role: WebSocketCodec.Role = bytes[0].isMultiple(of: 2) ? .server : .client
        let frames = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(2))
        let cut = min(frames.count, Int(bytes[1]))
        let whole = events(role, [frames])
        let pieces = events(
            role, [UnsafeRawBufferPointer(rebasing: frames[..<cut]), UnsafeRawBufferPointer(rebasing: frames[cut...])])
        precondition(pieces.starts(with: whole))
    },
]

/// The blocks of a range, their events, and the error that ends it.
private func lent(_ runs: [UnsafeRawBufferPointer]) -> [String] {
    var lent: [String] = []
    do {
        try EventRange.read(slices: runs) { block, events in
            lent.append("\(block)")
            try events.forEach { event, payload in lent.append("\(event) \(Array(payload))") }
        }
    } catch {
        lent.append("\(error)")
    }
    return lent
}

private func events(_ role: WebSocketCodec.Role, _ pieces: [UnsafeRawBufferPointer]) -> [WebSocketCodec.Event] {
    let codec = WebSocketCodec(role, maximumMessageBytes: 1024)
    return pieces.flatMap { piece in codec.wantsInput ? (try? codec.receive(piece)) ?? [] : [] }
}

private typealias Service = HTTPAccessService.Body

/// Read; and what was read is what the service would write of it, where it writes all of it.
nonisolated(unsafe) private let bodies: [(UnsafeRawBufferPointer) -> Void] = [
    body(NodeVersionInfo.self, Service.nodeVersionInfo),
    body(BlockDigest.self, Service.digest),
    body(Transaction.self) { Service.transaction($0, result: nil) },
    body(TransactionResult.self) { Service.result($0, of: $0.transactionID) },
    body(BlockEvents.self, Service.blockEvents),
    body(AccountKey.self, Service.accountKey),
    body(BlockBody.self), body(AccountBody.self), body(CollectionBody.self), body(ExecutionResult.self),
    body(ExecutionReceipt.self), body(AccountKeyList.self),
]

private func body<Body: HTTPBody & Equatable>(
    _ type: Body.Type, _ write: @escaping (Body) -> JSON
) -> (UnsafeRawBufferPointer) -> Void {
    { bytes in
        guard let value = try? HTTPBodies.read(bytes, { try $0.value(Body.self) }) else { return }
        let again = try? HTTPBodies.read(write(value).bytes) { try $0.value(Body.self) }
        precondition(again == value, "written, and read as something else")
    }
}

private func body<Body: HTTPBody>(_ type: Body.Type) -> (UnsafeRawBufferPointer) -> Void {
    { bytes in _ = try? HTTPBodies.read(bytes) { try $0.value(Body.self) } }
}

nonisolated(unsafe) private let eventReader = EventReader(depositedType, fields: ["type", "id", "to"])
