import Cadence
import Encoding
import FlowClient

extension PipeOperations {
    /// What needs the Cadence codecs.
    static let cadence = [
        PipeOperation("decode-json") { input in
            let value: CadenceValue
            if case .object = input {
                let input = PipeField(input)
                value = try JSONCDC.decode(try input["text"].text(), forms: try forms(input))
            } else {
                guard let text = input.string else { throw PipeError("a string was expected: JSON-CDC text") }
                value = try JSONCDC.decode(text)
            }
            return ["type": typeID(of: value), "json": json(value)]
        },
        PipeOperation("decode-ccf") { input in
            let value = try CCF.decode(try bytes(input, "a CCF message"))
            return [
                "type": typeID(of: value), "json": json(value), "ccf": encoded(value, sorted: false),
                "sorted": encoded(value, sorted: true),
            ]
        },
    ]

    /// An object in place of the text may ask for the reference decoder's option.
    private static func forms(_ input: PipeField) throws(PipeError) -> JSONCDC.Forms {
        guard let option = try input.optional("decoderOption") else { return .current }
        guard try option.text() == "backwardsCompatibility" else { throw option.wrong("backwardsCompatibility") }
        return .historic
    }

    private static func typeID(of value: CadenceValue) -> JSON {
        value.typeID.map { .string($0) } ?? .null
    }

    private static func json(_ value: CadenceValue) -> JSON {
        .string(String(decoding: JSONCDC.encode(value), as: UTF8.self))
    }

    /// Null for what the decoder takes, as the chain's does, but no encoder writes: a null alone, a path in a domain that does not exist.
    private static func encoded(_ value: CadenceValue, sorted: Bool) -> JSON {
        do { return .string(Hex.encode(try CCF.encode(value, sorted: sorted))) } catch { return .null }
    }

    /// The bytes that a line's hex stands for.
    static func bytes(_ input: JSON, _ what: String) throws(PipeError) -> [UInt8] {
        guard let hex = input.string, let bytes = Hex.decode(hex) else {
            throw PipeError("hex was expected: \(what)")
        }
        return bytes
    }
}
