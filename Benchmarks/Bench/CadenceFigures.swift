import Encoding
import Cadence
import FlowClient

/// The Cadence codecs on real NonFungibleToken.Deposited events, one after the other so that none is always the same bytes;
/// beside flow-py-sdk on the same events, which reads JSON-CDC only.
enum CadenceFigures {
    static let all: [Figure] = [
        decoding("cadence.json-cdc.decode", "a Deposited event decoded whole from JSON-CDC", .times(7)) { events in
            rotating(events.map(\.json)) { consume(try JSONCDC.decode($0)) }
        },
        decoding("cadence.ccf.decode", "the same from CCF", .times(20)) { events in
            rotating(events.map(\.ccf)) { consume(try CCF.decode($0)) }
        },
        decoding("cadence.json-cdc.fields", "only its id, to and collectionUUID, from JSON-CDC", .times(40)) { events in
            try projecting(events.map(\.json))
        },
        decoding("cadence.ccf.fields", "only its id, to and collectionUUID, from CCF", .times(100)) { events in
            try projecting(events.map(\.ccf))
        },
        encoding("cadence.json-cdc.encode", "that event written as JSON-CDC") { consume(JSONCDC.encode($0)) },
        encoding("cadence.ccf.encode", "that event written as CCF") { consume(try CCF.encode($0)) },
    ]

    private static func decoding(
        _ name: String, _ meaning: String, _ target: Target,
        _ make: @escaping @Sendable ([RecordedEvents.Pair]) throws -> (Int) throws -> Void
    ) -> Figure {
        Figure(name, meaning, target: target) { tools in
            let events = try RecordedEvents.deposited.get()
            let ours = ComputingRate(try make(events))
            guard let python = try tools.python() else {
                return .noPeer(ours: try Rounds.best { try ours.measure(seconds: $0) }, why: "flow-py-sdk")
            }
            let job = PythonPeer.Request(job: "decode", payloads: events.map { Hex.encode($0.json) })
            let best = try await Rounds.best(
                ours: { try ours.measure(seconds: $0) }, peer: { try python.rate(job, seconds: $0) })
            return .rates(ours: best.ours, peer: best.peer, of: python.sdk)
        }
    }

    private static func encoding(
        _ name: String, _ meaning: String, _ body: @escaping @Sendable (CadenceValue) throws -> Void
    ) -> Figure {
        Figure(name, meaning) { _ in
            let value = try JSONCDC.decode(RecordedEvents.deposited.get()[0].json)
            let rate = ComputingRate { count in for _ in 0..<count { try body(value) } }
            return .rate(try Rounds.best { try rate.measure(seconds: $0) })
        }
    }

    /// One payload after the other, beginning again after the last.
    private static func rotating(
        _ payloads: [[UInt8]], _ body: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) -> (Int) throws -> Void {
        var next = 0
        return { count in
            for _ in 0..<count {
                try payloads[next].withUnsafeBytes(body)
                next = next + 1 == payloads.count ? 0 : next + 1
            }
        }
    }

    /// What an indexer of ownership asks for, compared each time with what the whole decoder reads.
    private static func projecting(_ payloads: [[UInt8]]) throws -> (Int) throws -> Void {
        let expected = try payloads.map { payload in
            guard let whole = try CadenceValue.decodeEventPayload(payload).asComposite,
                case .uint64(let id)? = whole["id"], case .uint64(let collection)? = whole["collectionUUID"],
                case .optional(let to)? = whole["to"]
            else { throw RecordedEvents.Missing(description: "a Deposited event lacks id, to or collectionUUID") }
            return (id: id, to: to?.asAddress, collection: collection)
        }
        let reader = EventReader(RecordedEvents.depositedType, fields: ["id", "to", "collectionUUID"])
        var next = 0
        return { count in
            var agreeing = 0
            for _ in 0..<count {
                let (id, to, collection) = expected[next]
                let agrees = try payloads[next].withUnsafeBytes { payload in
                    try reader.read(payload) { event in
                        try event.uint64(0) == id && event.optionalAddress(1) == to && event.uint64(2) == collection
                    }
                }
                if agrees == true { agreeing += 1 }
                next = next + 1 == payloads.count ? 0 : next + 1
            }
            precondition(agreeing == count, "the fields are not those that the whole decoder reads")
        }
    }
}
