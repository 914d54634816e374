import Encoding

/// Makes a value of a declared type from plain JSON.
enum ArgumentBuilder {
    static func value(_ json: JSON, _ type: CadenceType) throws(CadenceCodingError) -> CadenceValue {
        switch type {
        case .optional(let inner): return .optional(json == .null ? nil : try value(json, inner))
        case .variableSizedArray(let element): return try array(json, element, type)
        case .constantSizedArray(let element, let size):
            let value = try array(json, element, type)
            guard let count = value.asArray?.count, UInt64(count) == size else {
                throw CadenceCodingError(
                    .argument, "\(size) elements were expected, there are \(value.asArray?.count ?? 0)")
            }
            return value
        case .dictionary(let key, let value): return try dictionary(json, key, value, type)
        case .simple(let name): return try simple(json, name)
        case .inclusiveRange, .capability, .reference, .intersection, .restricted, .nominal, .repeated, .function,
            .unknown:
            return try open(json, type)
        }
    }

    private static func mismatch(_ json: JSON, _ wanted: String) -> CadenceCodingError {
        let found =
            switch json {
            case .null: "null"
            case .bool: "true or false"
            case .number(let digits): "the number \(digits.prefix(80))"
            case .string: "a text"
            case .array: "a list"
            case .object: "an object"
            }
        return CadenceCodingError(.argument, "\(found) where \(wanted) was expected")
    }

    private static func array(
        _ json: JSON, _ element: CadenceType, _ type: CadenceType
    ) throws(CadenceCodingError) -> CadenceValue {
        if element == .simple("UInt8"), let text = json.string {
            guard text.hasPrefix("0x"), let bytes = Hex.decode(text.dropFirst(2)) else {
                throw CadenceCodingError(.argument, "bytes are a list of numbers, or hex with 0x")
            }
            return .array(CadenceArray(bytes.map { .uint8($0) }, type: type))
        }
        guard let elements = json.array else { throw mismatch(json, "a list, for \(type.typeID),") }
        var values: [CadenceValue] = []
        values.reserveCapacity(elements.count)
        for (index, json) in elements.enumerated() {
            do { values.append(try value(json, element)) } catch { throw error.inside("[\(index)]") }
        }
        return .array(CadenceArray(values, type: type))
    }

    private static func dictionary(
        _ json: JSON, _ keyType: CadenceType, _ valueType: CadenceType, _ type: CadenceType
    ) throws(CadenceCodingError) -> CadenceValue {
        guard case .object(let members) = json else { throw mismatch(json, "an object, for \(type.typeID),") }
        var pairs: [CadenceDictionary.Pair] = []
        var keys: Set<CadenceValue> = []
        for member in members {
            do throws(CadenceCodingError) {
                let key = try self.key(member.name, keyType)
                guard keys.insert(key).inserted else { throw CadenceCodingError(.argument, "the key is there twice") }
                pairs.append(CadenceDictionary.Pair(key: key, value: try value(member.value, valueType)))
            } catch {
                throw error.inside(".\(member.name)")
            }
        }
        return .dictionary(CadenceDictionary(pairs, type: type))
    }

    private static func key(_ text: String, _ type: CadenceType) throws(CadenceCodingError) -> CadenceValue {
        if type == .simple("Bool") {
            guard text == "true" || text == "false" else { throw mismatch(.string(text), "true or false") }
            return .bool(text == "true")
        }
        return try value(.string(text), type)
    }

    private static func simple(_ json: JSON, _ name: String) throws(CadenceCodingError) -> CadenceValue {
        switch name {
        case "Bool":
            guard let bool = json.bool else { throw mismatch(json, "true or false") }
            return .bool(bool)
        case "String":
            guard let text = json.string else { throw mismatch(json, "a text") }
            return .string(text)
        case "Character":
            guard let text = json.string, CadenceCharacter.isOne(text) else {
                throw mismatch(json, "a text of one character")
            }
            return .character(text)
        case "Address":
            guard let text = json.string, let address = Address(text) else {
                throw mismatch(json, "an address (up to 16 hex digits, with or without 0x)")
            }
            return .address(address)
        case "Path", "StoragePath", "PublicPath", "PrivatePath", "CapabilityPath": return try path(json, name)
        case "Void":
            guard json == .null else { throw mismatch(json, "null, for Void,") }
            return .void
        default:
            if let value = try number(json, name) { return value }
            return try open(json, .simple(name))
        }
    }

    /// Nil where the type is no number's.
    private static func number(_ json: JSON, _ name: String) throws(CadenceCodingError) -> CadenceValue? {
        let digits: String
        switch json {
        case .number(let text), .string(let text): digits = text
        default:
            guard isNumber(name) else { return nil }
            throw mismatch(json, "a number, for \(name),")
        }
        var text = digits
        if name.contains("Fix") {
            // A whole number is taken for one with no decimals.
            if !text.contains("."), text.utf8.allSatisfy({ $0 != 0x65 && $0 != 0x45 }) { text += ".0" }
            let value: CadenceValue? = text.withUTF8 { utf8 in
                let bytes = UnsafeRawBufferPointer(utf8)
                return switch name {
                case "UFix64": FixedPointText.ufix64(bytes, asChainReads: false).map { .ufix64($0) }
                case "Fix64": FixedPointText.fix64(bytes, asChainReads: false).map { .fix64($0) }
                case "UFix128": FixedPointText.ufix128(bytes, asChainReads: false).map { .ufix128($0) }
                case "Fix128": FixedPointText.fix128(bytes, asChainReads: false).map { .fix128($0) }
                default: nil
                }
            }
            guard let value else { throw outOfRange(digits, name) }
            return value
        }
        guard isNumber(name) else { return nil }
        guard let number = BigInt(decimal: text), let value = integer(number, name) else {
            throw outOfRange(digits, name)
        }
        return value
    }

    private static func outOfRange(_ digits: String, _ name: String) -> CadenceCodingError {
        CadenceCodingError(.argument, "`\(digits.prefix(80))` is no \(name)")
    }

    private static func isNumber(_ name: String) -> Bool {
        integer(.zero, name) != nil || name.contains("Fix64") || name.contains("Fix128")
    }

    static func integer(_ number: BigInt, _ name: String) -> CadenceValue? {
        switch name {
        case "Int": .int(number)
        case "Int8": number.exactly().map { .int8($0) }
        case "Int16": number.exactly().map { .int16($0) }
        case "Int32": number.exactly().map { .int32($0) }
        case "Int64": number.exactly().map { .int64($0) }
        case "Int128": number.exactly().map { .int128($0) }
        case "Int256": number.fitsSigned(bits: 256) ? .int256(number) : nil
        case "UInt": number.isNegative ? nil : .uint(number)
        case "UInt8": number.exactly().map { .uint8($0) }
        case "UInt16": number.exactly().map { .uint16($0) }
        case "UInt32": number.exactly().map { .uint32($0) }
        case "UInt64": number.exactly().map { .uint64($0) }
        case "UInt128": number.exactly().map { .uint128($0) }
        case "UInt256": number.fitsUnsigned(bits: 256) ? .uint256(number) : nil
        case "Word8": number.exactly().map { .word8($0) }
        case "Word16": number.exactly().map { .word16($0) }
        case "Word32": number.exactly().map { .word32($0) }
        case "Word64": number.exactly().map { .word64($0) }
        case "Word128": number.exactly().map { .word128($0) }
        case "Word256": number.fitsUnsigned(bits: 256) ? .word256(number) : nil
        default: nil
        }
    }

    private static func path(_ json: JSON, _ name: String) throws(CadenceCodingError) -> CadenceValue {
        let parts = json.string?.split(separator: "/", omittingEmptySubsequences: false) ?? []
        guard parts.count == 3, parts[0].isEmpty, !parts[2].isEmpty,
            let domain = CadencePath.Domain(rawValue: String(parts[1]))
        else {
            throw mismatch(json, "a path such as /public/name")
        }
        let value = CadenceValue.path(CadencePath(domain, String(parts[2])))
        try ArgumentCheck.check(value, .simple(name))
        return value
    }

    /// A JSON-CDC value, for types that plain JSON can't tell.
    private static func open(_ json: JSON, _ type: CadenceType) throws(CadenceCodingError) -> CadenceValue {
        guard case .object = json else { throw mismatch(json, "a JSON-CDC value, for \(type.typeID),") }
        let value: CadenceValue
        do { value = try JSONCDC.decode(json.bytes) } catch {
            throw CadenceCodingError(.argument, "no JSON-CDC value: \(error.reason)", path: error.path)
        }
        try ArgumentCheck.check(value, type)
        return value
    }
}
