import Encoding

/// As a person reads it, in one line: numbers as digits, texts in quotes. What could end the line or repaint a terminal
/// is escaped, for values come from anybody.
extension CadenceValue: CustomStringConvertible {
    public var description: String {
        switch self {
        case .void: "()"
        case .optional(let inner): inner?.description ?? "nil"
        case .bool(let value): value ? "true" : "false"
        case .string(let text), .character(let text): PlainText.jsonString(text)
        case .address(let address): address.description
        case .ufix64(let raw): FixedPointText.write(ufix64: raw)
        case .fix64(let raw): FixedPointText.write(fix64: raw)
        case .ufix128(let raw): FixedPointText.write(ufix128: raw)
        case .fix128(let raw): FixedPointText.write(fix128: raw)
        case .array(let array): "[" + array.elements.map(\.description).joined(separator: ", ") + "]"
        case .dictionary(let dictionary):
            "{" + dictionary.pairs.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
        case .composite(let composite): composite.plainTypeID + "(" + composite.fieldsText + ")"
        case .path(let path): PlainText.oneLine("/\(path.domain.rawValue)/\(path.identifier)")
        case .type(let type): PlainText.oneLine("Type<\(type?.typeID ?? "unknown")>()")
        case .capability(let capability):
            PlainText.oneLine(
                "Capability<\(capability.borrowType?.typeID ?? "unknown")>(\(capability.address), id \(capability.id))")
        case .inclusiveRange(let range): "\(range.start)...\(range.end) by \(range.step)"
        case .function(let type): PlainText.oneLine(CadenceType.function(type).typeID)
        case .cycle: "(cycle)"
        case .int, .int8, .int16, .int32, .int64, .int128, .int256, .uint, .uint8, .uint16, .uint32, .uint64, .uint128,
            .uint256, .word8, .word16, .word32, .word64, .word128, .word256:
            asBigInt?.description ?? ""
        }
    }

    /// One field, element or pair a line, nested values indented.
    public func indentedText(_ depth: Int = 0) -> String {
        let indent = String(repeating: "  ", count: depth + 1)
        let close = String(repeating: "  ", count: depth)
        switch self {
        case .optional(let inner): return inner?.indentedText(depth) ?? "nil"
        case .composite(let composite):
            let fields = composite.fields.map {
                "\(indent)\(PlainText.oneLine($0.name)): \($0.value.indentedText(depth + 1))\n"
            }
            return "\(composite.plainTypeID) {\n\(fields.joined())\(close)}"
        case .array(let array) where !array.elements.isEmpty:
            return "[\n" + array.elements.map { indent + $0.indentedText(depth + 1) + "\n" }.joined() + close + "]"
        case .dictionary(let dictionary) where !dictionary.pairs.isEmpty:
            let pairs = dictionary.pairs.map {
                "\(indent)\($0.key.indentedText(depth + 1)): \($0.value.indentedText(depth + 1))\n"
            }
            return "{\n" + pairs.joined() + close + "}"
        default: return description
        }
    }
}

extension CadenceComposite {
    fileprivate var plainTypeID: String { PlainText.oneLine(typeID) }

    /// `id: 7, to: 0x01cf0e2f2f715450`
    public var fieldsText: String {
        fields.map { "\(PlainText.oneLine($0.name)): \($0.value)" }.joined(separator: ", ")
    }
}
