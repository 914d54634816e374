import Encoding

/// Reads values off a tape, by the rules of onflow/cadence:encoding/json/decode.go.
struct JSONValueReader {
    let view: JSONView
    let layouts: JSONLayoutCache
    let forms: JSONCDC.Forms

    func value(_ index: Int) throws(JSONFailure) -> CadenceValue {
        let (kind, content) = try head(index)
        switch kind {
        case .optional:
            return .optional(view[content].kind == .null ? nil : try value(content))
        case .array: return try array(content)
        case .dictionary: return try dictionary(content)
        case .structure: return try composite(.structure, content)
        case .resource: return try composite(.resource, content)
        case .event: return try composite(.event, content)
        case .contract: return try composite(.contract, content)
        case .enumeration: return try composite(.enumeration, content)
        case .inclusiveRange: return try range(content)
        case .path: return try path(content)
        case .type: return try typeValue(content)
        case .capability: return try capability(content)
        case .function: return try function(content)
        default: return try scalar(kind, content)
        }
    }

    /// The two members that a value object has, and no others. Void has no value; its content is then the object itself.
    @inline(__always)
    private func head(_ index: Int) throws(JSONFailure) -> (JSONValueKind, content: Int) {
        let object = view[index]
        guard object.kind == .object else { throw notObject(index) }
        var typeIndex = -1
        var valueIndex = -1
        var stranger = -1
        var at = index + 1
        let end = Int(object.end)
        while at < end {
            if view.string(at, is: "value") {
                valueIndex = at + 1
            } else if view.string(at, is: "type") {
                typeIndex = at + 1
            } else {
                stranger = at
            }
            at = view.after(at + 1)
        }
        guard typeIndex >= 0 else { throw JSONFailure(index, "there is no type") }
        guard view[typeIndex].kind == .string else { throw JSONFailure(typeIndex, "a string was expected") }
        guard let kind = kind(typeIndex) else {
            throw JSONFailure(typeIndex, "there is no type `\(view.string(typeIndex))`")
        }
        if stranger >= 0 { throw JSONFailure(stranger, "a value has a type and a value, and nothing else") }
        if kind == .void {
            if valueIndex >= 0 { throw JSONFailure(valueIndex, "Void has no value") }
            return (.void, index)
        }
        guard valueIndex >= 0 else { throw JSONFailure(index, "there is no value") }
        return (kind, valueIndex)
    }

    @inline(__always)
    private func kind(_ index: Int) -> JSONValueKind? {
        if _slowPath(view[index].needsDecoding) {
            var text = view.string(index)
            return text.withUTF8 { utf8 in
                utf8.isEmpty ? nil : JSONValueKind(UnsafeRawBufferPointer(utf8), readableBytes: utf8.count)
            }
        }
        return JSONValueKind(view.content(index), readableBytes: view.bytes.count - Int(view[index].start))
    }

    // MARK: What holds no values

    @inline(__always)
    private func scalar(_ kind: JSONValueKind, _ index: Int) throws(JSONFailure) -> CadenceValue {
        switch kind {
        case .void: return .void
        case .bool:
            switch view[index].kind {
            case .true: return .bool(true)
            case .false: return .bool(false)
            default: throw JSONFailure(index, "true or false was expected")
            }
        default: break
        }
        guard view[index].kind == .string else { throw JSONFailure(index, "a string was expected") }
        switch kind {
        case .string: return .string(view.string(index))
        case .character:
            let text = view.string(index)
            guard CadenceCharacter.isOne(text) else { throw JSONFailure(index, "a Character is one grapheme cluster") }
            return .character(text)
        default: break
        }
        guard let value = text(index, { scalar(kind, $0) }) else { throw invalid(kind, index) }
        return value
    }

    @inline(__always)
    private func scalar(_ kind: JSONValueKind, _ text: UnsafeRawBufferPointer) -> CadenceValue? {
        switch kind {
        case .address: return JSONValueReader.address(text).map { .address($0) }
        case .uint64: return JSONNumberText.unsigned(text).map { .uint64($0) }
        case .uint8: return JSONNumberText.unsigned(text).map { .uint8($0) }
        case .uint16: return JSONNumberText.unsigned(text).map { .uint16($0) }
        case .uint32: return JSONNumberText.unsigned(text).map { .uint32($0) }
        case .word8: return JSONNumberText.unsigned(text).map { .word8($0) }
        case .word16: return JSONNumberText.unsigned(text).map { .word16($0) }
        case .word32: return JSONNumberText.unsigned(text).map { .word32($0) }
        case .word64: return JSONNumberText.unsigned(text).map { .word64($0) }
        case .int8: return JSONNumberText.signed(text).map { .int8($0) }
        case .int16: return JSONNumberText.signed(text).map { .int16($0) }
        case .int32: return JSONNumberText.signed(text).map { .int32($0) }
        case .int64: return JSONNumberText.signed(text).map { .int64($0) }
        case .ufix64: return FixedPointText.ufix64(text).map { .ufix64($0) }
        case .fix64: return FixedPointText.fix64(text).map { .fix64($0) }
        default: return wide(kind, text)
        }
    }

    @inline(never)
    private func wide(_ kind: JSONValueKind, _ text: UnsafeRawBufferPointer) -> CadenceValue? {
        switch kind {
        case .fix128: return FixedPointText.fix128(text).map { .fix128($0) }
        case .ufix128: return FixedPointText.ufix128(text).map { .ufix128($0) }
        default: break
        }
        guard let number = BigInt(decimal: text) else { return nil }
        switch kind {
        case .int: return .int(number)
        case .uint: return number.isNegative ? nil : .uint(number)
        case .int128: return number.exactly().map { .int128($0) }
        case .uint128: return number.exactly().map { .uint128($0) }
        case .word128: return number.exactly().map { .word128($0) }
        case .int256: return number.fitsSigned(bits: 256) ? .int256(number) : nil
        case .uint256: return number.fitsUnsigned(bits: 256) ? .uint256(number) : nil
        case .word256: return number.fitsUnsigned(bits: 256) ? .word256(number) : nil
        default: return nil
        }
    }

    /// 0x and an even number of hex digits, 16 at most; short ones are filled up from the left.
    static func address(_ text: UnsafeRawBufferPointer) -> Address? {
        guard text.count >= 2, text.count <= 18, text.count & 1 == 0, text[0] == UInt8(ascii: "0"),
            text[1] == UInt8(ascii: "x")
        else { return nil }
        var raw: UInt64 = 0
        for at in 2..<text.count {
            guard let digit = Hex.value(of: text[at]) else { return nil }
            raw = raw << 4 | UInt64(digit)
        }
        return Address(rawValue: raw)
    }

    /// As version 0.2 of the format wrote addresses: `0x1`, one digit or more.
    static func shortAddress(_ text: UnsafeRawBufferPointer) -> Address? {
        guard text.count > 2, text[0] == UInt8(ascii: "0"), text[1] == UInt8(ascii: "x") else { return nil }
        return Address(String(decoding: text, as: UTF8.self))
    }

    @inline(never)
    private func invalid(_ kind: JSONValueKind, _ index: Int) -> JSONFailure {
        JSONFailure(index, "`\(String(view.string(index).prefix(100)))` is no \(String(describing: kind))")
    }

    @inline(never)
    func notObject(_ index: Int) -> JSONFailure { JSONFailure(index, "an object was expected") }

    // MARK: What holds values

    private func array(_ index: Int) throws(JSONFailure) -> CadenceValue {
        var elements: [CadenceValue] = []
        elements.reserveCapacity(min(try count(of: index), 1 << 16))
        var at = index + 1
        let end = Int(view[index].end)
        while at < end {
            elements.append(try value(at))
            at = view.after(at)
        }
        return .array(CadenceArray(elements))
    }

    private func dictionary(_ index: Int) throws(JSONFailure) -> CadenceValue {
        var pairs: [CadenceDictionary.Pair] = []
        pairs.reserveCapacity(min(try count(of: index), 1 << 16))
        var at = index + 1
        let end = Int(view[index].end)
        while at < end {
            let key = try value(try required("key", of: at))
            pairs.append(CadenceDictionary.Pair(key: key, value: try value(try required("value", of: at))))
            at = view.after(at)
        }
        return .dictionary(CadenceDictionary(pairs))
    }

    private func composite(_ kind: CadenceCompositeKind, _ index: Int) throws(JSONFailure) -> CadenceValue {
        let id = try string("id", of: index)
        let fields = try required("fields", of: index)
        let count = try count(of: fields)
        let end = Int(view[fields].end)
        var values: [CadenceValue] = []
        values.reserveCapacity(min(count, 1 << 16))
        var at = fields + 1
        while at < end {
            let (name, content) = try field(at)
            // Nobody asks for the number of a field's members any more: its place holds the name's entry for the layout.
            view.entries[at].count = UInt32(truncatingIfNeeded: name)
            values.append(try value(content))
            at = view.after(at)
        }
        let layout = try layouts.layout(kind, id: id, fields: fields, in: view)
        return .composite(CadenceComposite(layout, values: values))
    }

    /// The entries of a field's name and value.
    @inline(__always)
    private func field(_ index: Int) throws(JSONFailure) -> (name: Int, value: Int) {
        guard view[index].kind == .object else { throw notObject(index) }
        var name = -1
        var content = -1
        var at = index + 1
        let end = Int(view[index].end)
        while at < end {
            if view.string(at, is: "value") {
                content = at + 1
            } else if view.string(at, is: "name") {
                name = at + 1
            }
            at = view.after(at + 1)
        }
        guard name >= 0 else { throw JSONFailure(index, "there is no name") }
        guard view[name].kind == .string else { throw JSONFailure(name, "a string was expected") }
        guard content >= 0 else { throw JSONFailure(index, "there is no value") }
        return (name, content)
    }

    private func range(_ index: Int) throws(JSONFailure) -> CadenceValue {
        let start = try value(try required("start", of: index))
        let end = try value(try required("end", of: index))
        let step = try value(try required("step", of: index))
        return .inclusiveRange(CadenceInclusiveRange(start: start, end: end, step: step))
    }

    private func path(_ index: Int) throws(JSONFailure) -> CadenceValue {
        let domain = try string("domain", of: index)
        let identifier = try string("identifier", of: index)
        guard let known = CadencePath.Domain(rawValue: view.string(domain)) else {
            throw JSONFailure(domain, "storage, public or private was expected")
        }
        return .path(CadencePath(known, view.string(identifier)))
    }

    private func typeValue(_ index: Int) throws(JSONFailure) -> CadenceValue {
        var reader = JSONTypeReader(view: view, forms: forms)
        return .type(try reader.type(try required("staticType", of: index)))
    }

    private func capability(_ index: Int) throws(JSONFailure) -> CadenceValue {
        let addressIndex = try string("address", of: index)
        let historic = forms == .historic
        guard
            let address = text(
                addressIndex, { historic ? JSONValueReader.shortAddress($0) : JSONValueReader.address($0) })
        else { throw JSONFailure(addressIndex, "an address is 0x and hex digits") }
        var reader = JSONTypeReader(view: view, forms: forms)
        let borrowType = try reader.type(try required("borrowType", of: index))
        if forms == .historic, view.member("id", of: index) == nil {
            let pathIndex = try required("path", of: index)
            let path: CadencePath
            if view[pathIndex].kind == .string {
                // Version 0.2 of the format wrote it in one text.
                guard let known = CadencePath(text: view.string(pathIndex)) else {
                    throw JSONFailure(pathIndex, "a path such as /public/name was expected")
                }
                path = known
            } else {
                guard case .path(let known) = try value(pathIndex) else {
                    throw JSONFailure(pathIndex, "a path was expected")
                }
                path = known
            }
            return .capability(CadenceCapability(id: 0, address: address, borrowType: borrowType, path: path))
        }
        if forms == .current, let path = view.member("path", of: index) {
            throw JSONFailure(path, "capabilities with a path ended with Cadence 1.0")
        }
        let idIndex = try string("id", of: index)
        guard let id = text(idIndex, { JSONNumberText.unsigned($0, as: UInt64.self) }) else {
            throw JSONFailure(idIndex, "an id is a UInt64")
        }
        return .capability(CadenceCapability(id: id, address: address, borrowType: borrowType))
    }

    private func function(_ index: Int) throws(JSONFailure) -> CadenceValue {
        let typeIndex = try required("functionType", of: index)
        var reader = JSONTypeReader(view: view, forms: forms)
        guard case .function(let function) = try reader.type(typeIndex) else {
            throw JSONFailure(typeIndex, "a function type was expected")
        }
        return .function(function)
    }

    // MARK: Members

    /// Lends the bytes of a string's text.
    @inline(__always)
    private func text<T>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        if _slowPath(view[index].needsDecoding) {
            var text = view.string(index)
            return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        }
        return body(view.content(index))
    }

    func required(_ name: StaticString, of index: Int) throws(JSONFailure) -> Int {
        guard view[index].kind == .object else { throw notObject(index) }
        guard let member = view.member(name, of: index) else { throw JSONFailure(index, "there is no \(name)") }
        return member
    }

    func string(_ name: StaticString, of index: Int) throws(JSONFailure) -> Int {
        let member = try required(name, of: index)
        guard view[member].kind == .string else { throw JSONFailure(member, "a string was expected") }
        return member
    }

    private func count(of index: Int) throws(JSONFailure) -> Int {
        guard view[index].kind == .array else { throw JSONFailure(index, "an array was expected") }
        return Int(view[index].count)
    }
}
