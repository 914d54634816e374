@testable import FlowClient

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
        guard let json = try? PipeJSON(parsing: bytes) else { return }
        guard let again = try? PipeJSON(parsing: json.bytes) else { preconditionFailure("written, and not readable") }
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
    },
]

nonisolated(unsafe) private let eventReader = EventReader(depositedType, fields: ["type", "id", "to"])
