import Foundation
import Recordings
import TestSupport
import Testing

@testable import Cadence
@testable import FlowClient

struct RecordedEventTests {
    private struct Place: Hashable {
        var block: BlockID
        var transaction: TransactionID
        var index: UInt32
        var type: String
    }

    /// Payloads of recorded events, by where they stand.
    private static func payloads(_ name: String) throws -> (json: [Place: [UInt8]], ccf: [Place: [UInt8]]) {
        var json: [Place: [UInt8]] = [:]
        var ccf: [Place: [UInt8]] = [:]
        for exchange in try Recording(name).exchanges() where exchange.transport == "grpc" {
            let call = try RecordedCall(
                method: exchange.method, request: Array(exchange.request ?? .init()),
                response: exchange.response.map { Array($0) })
            guard case .events(_, _, _, let blocks?) = call else { continue }
            for block in blocks {
                for event in block.events {
                    let place = Place(
                        block: block.blockID, transaction: event.transactionID, index: event.eventIndex,
                        type: event.type)
                    if CCF.hasMessagePrefix(event.payload) {
                        ccf[place] = event.payload
                    } else {
                        json[place] = event.payload
                    }
                }
            }
        }
        return (json, ccf)
    }

    @Test(.timeLimit(.minutes(3)), arguments: ["story", "history", "fees"])
    func `each recorded event is written back byte for byte, and says the same in both encodings`(_ name: String) throws
    {
        let (json, ccf) = try Self.payloads(name)
        #expect(!json.isEmpty || !ccf.isEmpty)
        for (place, payload) in ccf {
            let value = try CCF.decode(payload)
            #expect(value.typeID == place.type)
            #expect(try CCF.encode(value) == payload)
            guard let other = json[place] else { continue }
            #expect(try JSONCDC.decode(other) == value)
            #expect(JSONCDC.encode(value) + [0x0A] == other)
        }
        for (place, payload) in json {
            let value = try JSONCDC.decode(payload)
            #expect(value.typeID == place.type)
            #expect(JSONCDC.encode(value) + [0x0A] == payload)
        }
        if name == "story" { #expect(Set(json.keys).intersection(ccf.keys).count > 400) }
    }

    @Test(.timeLimit(.minutes(3))) func `a reader of one field finds in each recorded event what the whole value has`()
        throws
    {
        let (json, ccf) = try Self.payloads("story")
        var readers: [String: EventReader] = [:]
        for (place, payload) in json.merging(ccf.map { ($0, $1) }, uniquingKeysWith: { a, _ in a }) {
            let composite = try #require(try CadenceValue.decodeEventPayload(payload).asComposite)
            let names = composite.fields.map(\.name)
            let reader = readers[place.type] ?? EventReader(place.type, fields: names)
            readers[place.type] = reader
            let found: [CadenceValue?]? = try reader.read(payload) { event in
                try names.indices.map { event.isPresent($0) ? try event.value($0) : nil }
            }
            #expect(found == composite.fields.map { Optional($0.value) })
        }
        #expect(readers.count > 20)
    }
}
