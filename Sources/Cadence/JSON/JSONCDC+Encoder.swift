import Encoding

extension JSONCDC {
    /// The canonical text: `value` before `type` as the reference writes it, no spaces, no final newline.
    public static func encode(_ value: CadenceValue) -> [UInt8] {
        var encoder = Encoder()
        encoder.write(value)
        return encoder.bytes
    }

    struct Encoder {
        var bytes: [UInt8] = []

        mutating func write(_ value: CadenceValue) {
            switch value {
            case .cycle: raw("null")
            case .void: raw(#"{"type":"Void"}"#)
            default:
                raw(#"{"value":"#)
                writeContent(of: value)
                raw(#","type":""#)
                raw(value.jsonTypeName)
                raw(#""}"#)
            }
        }

        private mutating func writeContent(of value: CadenceValue) {
            switch value {
            case .void, .cycle: raw("null")
            case .optional(let inner):
                if let inner { write(inner) } else { raw("null") }
            case .bool(let bool): raw(bool ? "true" : "false")
            case .string(let text), .character(let text): string(text)
            case .address(let address): quoted(address.description)
            case .int(let number), .int256(let number), .uint(let number), .uint256(let number), .word256(let number):
                quoted(number.description)
            case .int8(let number): quoted(String(number))
            case .int16(let number): quoted(String(number))
            case .int32(let number): quoted(String(number))
            case .int64(let number): quoted(String(number))
            case .int128(let number): quoted(String(number))
            case .uint8(let number), .word8(let number): quoted(String(number))
            case .uint16(let number), .word16(let number): quoted(String(number))
            case .uint32(let number), .word32(let number): quoted(String(number))
            case .uint64(let number), .word64(let number): quoted(String(number))
            case .uint128(let number), .word128(let number): quoted(String(number))
            case .fix64(let number): quoted(FixedPointText.write(fix64: number))
            case .ufix64(let number): quoted(FixedPointText.write(ufix64: number))
            case .fix128(let number): quoted(FixedPointText.write(fix128: number))
            case .ufix128(let number): quoted(FixedPointText.write(ufix128: number))
            case .array(let array): list(array.elements) { $0.write($1) }
            case .dictionary(let dictionary):
                list(dictionary.pairs) { encoder, pair in
                    encoder.raw(#"{"key":"#)
                    encoder.write(pair.key)
                    encoder.raw(#","value":"#)
                    encoder.write(pair.value)
                    encoder.raw("}")
                }
            case .composite(let composite): write(composite)
            case .path(let path):
                raw(#"{"domain":""#)
                raw(path.domain.rawValue)
                raw(#"","identifier":"#)
                string(path.identifier)
                raw("}")
            case .type(let type):
                raw(#"{"staticType":"#)
                JSONCDC.TypeEncoder.write(type, to: &self)
                raw("}")
            case .capability(let capability):
                raw(#"{"borrowType":"#)
                JSONCDC.TypeEncoder.write(capability.borrowType, to: &self)
                raw(#","address":""#)
                raw(capability.address.description)
                raw(#"","id":""#)
                raw(String(capability.id))
                raw(#"""#)
                if let path = capability.path {
                    raw(#","path":"#)
                    write(.path(path))
                }
                raw("}")
            case .inclusiveRange(let range):
                raw(#"{"start":"#)
                write(range.start)
                raw(#","end":"#)
                write(range.end)
                raw(#","step":"#)
                write(range.step)
                raw("}")
            case .function(let function):
                raw(#"{"functionType":"#)
                JSONCDC.TypeEncoder.write(.function(function), to: &self)
                raw("}")
            }
        }

        private mutating func write(_ composite: CadenceComposite) {
            raw(#"{"id":"#)
            string(composite.typeID)
            raw(#","fields":["#)
            for index in composite.values.indices {
                if index > 0 { raw(",") }
                raw(#"{"value":"#)
                write(composite.values[index])
                raw(#","name":"#)
                string(composite.layout.fieldNames[index])
                raw("}")
            }
            raw("]}")
        }

        // MARK: Text

        mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

        /// Of a text that needs no escapes.
        private mutating func quoted(_ text: String) {
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: text.utf8)
            bytes.append(UInt8(ascii: "\""))
        }

        mutating func list<T>(_ items: [T], _ body: (inout Encoder, T) -> Void) {
            raw("[")
            for (index, item) in items.enumerated() {
                if index > 0 { raw(",") }
                body(&self, item)
            }
            raw("]")
        }

        /// With Go's escapes: what HTML minds is written as \u, and so are the two separators that JavaScript minds.
        mutating func string(_ text: String) {
            var text = text
            bytes.append(UInt8(ascii: "\""))
            text.withUTF8 { utf8 in
                var start = 0
                var at = 0
                while at < utf8.count {
                    let byte = utf8[at]
                    var length = 1
                    let escape: String?
                    switch byte {
                    case UInt8(ascii: "\""): escape = "\\\""
                    case UInt8(ascii: "\\"): escape = "\\\\"
                    case 0x08: escape = "\\b"
                    case 0x0C: escape = "\\f"
                    case 0x0A: escape = "\\n"
                    case 0x0D: escape = "\\r"
                    case 0x09: escape = "\\t"
                    case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                        escape = "\\u00" + Hex.encode([byte])
                    case 0xE2 where at + 2 < utf8.count && utf8[at + 1] == 0x80 && utf8[at + 2] & 0xFE == 0xA8:
                        escape = utf8[at + 2] == 0xA8 ? "\\u2028" : "\\u2029"
                        length = 3
                    default: escape = nil
                    }
                    if let escape {
                        bytes.append(contentsOf: utf8[start..<at])
                        bytes.append(contentsOf: escape.utf8)
                        start = at + length
                    }
                    at += length
                }
                bytes.append(contentsOf: utf8[start...])
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }
}
