/// Reads values by a plan, by the rules of onflow/cadence:encoding/ccf/decode.go.
struct CCFValueReader {
    var cbor: CBORReader
    private unowned(unsafe) let plan: CCFPlan
    private var depth = 0
    private var elementsLeft: Int
    private let depthLimit: Int
    /// What values referred to, where that matters.
    private(set) var referenced: Set<Int> = []

    init(_ cbor: CBORReader, plan: CCFPlan, limits: CCF.Limits) {
        self.cbor = cbor
        self.plan = plan
        elementsLeft = limits.elements
        depthLimit = limits.depth
    }

    mutating func value(_ type: CCFPlan.TypeNumber) throws(CCFFailure) -> CadenceValue {
        type < 0 ? try simple(~type) : try constructed(type)
    }

    // MARK: Simple types

    @inline(__always)
    private mutating func simple(_ number: Int32) throws(CCFFailure) -> CadenceValue {
        switch number {
        case CCFSimple.uint64: .uint64(try cbor.unsigned())
        case CCFSimple.string: .string(String(decoding: try cbor.textBytes(), as: UTF8.self))
        case CCFSimple.address: .address(try address())
        case CCFSimple.ufix64: .ufix64(try cbor.unsigned())
        case CCFSimple.bool: .bool(try cbor.bool())
        default: try rarer(number)
        }
    }

    @inline(__always)
    mutating func address() throws(CCFFailure) -> Address {
        let start = cbor.at
        let bytes = try cbor.bytes()
        guard bytes.count == 8 else { throw CCFFailure(start, "an address has 8 bytes, not \(bytes.count)") }
        return Address(rawValue: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
    }

    @inline(never)
    private mutating func rarer(_ number: Int32) throws(CCFFailure) -> CadenceValue {
        switch number {
        case CCFSimple.character: return try character()
        case CCFSimple.int8: return .int8(try cbor.signed(as: Int8.self))
        case CCFSimple.int16: return .int16(try cbor.signed(as: Int16.self))
        case CCFSimple.int32: return .int32(try cbor.signed(as: Int32.self))
        case CCFSimple.int64: return .int64(try cbor.signed(as: Int64.self))
        case CCFSimple.uint8: return .uint8(try cbor.unsigned(as: UInt8.self))
        case CCFSimple.uint16: return .uint16(try cbor.unsigned(as: UInt16.self))
        case CCFSimple.uint32: return .uint32(try cbor.unsigned(as: UInt32.self))
        case CCFSimple.word8: return .word8(try cbor.unsigned(as: UInt8.self))
        case CCFSimple.word16: return .word16(try cbor.unsigned(as: UInt16.self))
        case CCFSimple.word32: return .word32(try cbor.unsigned(as: UInt32.self))
        case CCFSimple.word64: return .word64(try cbor.unsigned())
        case CCFSimple.fix64: return .fix64(try cbor.signed(as: Int64.self))
        case CCFSimple.fix128: return .fix128(Int128(truncatingIfNeeded: try halves()))
        case CCFSimple.ufix128: return .ufix128(try halves())
        case CCFSimple.int, CCFSimple.int128, CCFSimple.int256, CCFSimple.uint, CCFSimple.uint128, CCFSimple.uint256,
            CCFSimple.word128, CCFSimple.word256:
            return try big(number)
        case CCFSimple.storagePath, CCFSimple.publicPath, CCFSimple.privatePath: return try path()
        case CCFSimple.void:
            try cbor.null()
            return .void
        case CCFSimple.type:
            var reader = CCFTypeReader(cbor)
            let type = try reader.typeValue()
            cbor = reader.cbor
            return .type(type)
        default: return try abstract()
        }
    }

    private mutating func character() throws(CCFFailure) -> CadenceValue {
        let start = cbor.at
        let text = try cbor.text()
        guard CadenceCharacter.isOne(text) else { throw CCFFailure(start, "a Character is one grapheme cluster") }
        return .character(text)
    }

    private mutating func halves() throws(CCFFailure) -> UInt128 {
        try cbor.array(of: 2)
        let high = try cbor.unsigned()
        return UInt128(high) << 64 | UInt128(try cbor.unsigned())
    }

    private mutating func big(_ number: Int32) throws(CCFFailure) -> CadenceValue {
        let start = cbor.at
        let value = try cbor.bigInt()
        let result: CadenceValue? =
            switch number {
            case CCFSimple.int: .int(value)
            case CCFSimple.uint: value.isNegative ? nil : .uint(value)
            case CCFSimple.int128: value.exactly().map { .int128($0) }
            case CCFSimple.uint128: value.exactly().map { .uint128($0) }
            case CCFSimple.word128: value.exactly().map { .word128($0) }
            case CCFSimple.int256: value.fitsSigned(bits: 256) ? .int256(value) : nil
            case CCFSimple.uint256: value.fitsUnsigned(bits: 256) ? .uint256(value) : nil
            default: value.fitsUnsigned(bits: 256) ? .word256(value) : nil
            }
        guard let result else { throw CCFFailure(start, "the number does not fit") }
        return result
    }

    private mutating func path() throws(CCFFailure) -> CadenceValue {
        let start = cbor.at
        try cbor.array(of: 2)
        // The reference keeps the last eight bits of the number, and refuses only zero.
        guard let domain = CadencePath.Domain(number: UInt8(truncatingIfNeeded: try cbor.unsigned())) else {
            throw CCFFailure(start, "there is no path domain 0")
        }
        return .path(CadencePath(domain, try cbor.text()))
    }

    // MARK: Others

    private mutating func constructed(_ type: CCFPlan.TypeNumber) throws(CCFFailure) -> CadenceValue {
        guard depth < depthLimit else { throw CCFFailure(cbor.at, "values are nested too deep", isLimit: true) }
        depth += 1
        defer { depth -= 1 }
        let node = plan.node(type)
        switch node.operation {
        case .optional: return try optional(node)
        case .composite: return try composite(node)
        case .array: return try array(type, node, size: nil)
        case .constantSizedArray: return try array(type, node, size: node.size)
        case .dictionary: return try dictionary(type, node)
        // The value of a reference is the value that it refers to.
        case .reference: return try value(node.first)
        case .capability: return try capability(type)
        case .inclusiveRange: return try range(type, node)
        case .abstract: return try abstract()
        }
    }

    @inline(__always)
    private mutating func optional(_ node: CCFPlan.Node) throws(CCFFailure) -> CadenceValue {
        if cbor.isNil {
            cbor.at &+= 1
            // Null in an optional of an optional is the innermost one's.
            var value = CadenceValue.optional(nil)
            var inner = node.first
            while inner >= 0, plan.node(inner).operation == .optional {
                value = .optional(value)
                inner = plan.node(inner).first
            }
            return value
        }
        return .optional(try value(node.first))
    }

    @inline(__always)
    private mutating func spend(_ count: Int) throws(CCFFailure) {
        elementsLeft &-= count
        if elementsLeft < 0 { throw CCFFailure(cbor.at, "too many values", isLimit: true) }
    }

    @inline(__always)
    private mutating func composite(_ node: CCFPlan.Node) throws(CCFFailure) -> CadenceValue {
        let composite = plan.composite(node.first)
        try cbor.array(of: composite.count)
        try spend(composite.count)
        var values: [CadenceValue] = []
        values.reserveCapacity(composite.count)
        for index in 0..<composite.count { values.append(try value(composite.fields[index])) }
        return .composite(CadenceComposite(unchecked: composite.layout.takeUnretainedValue(), values: values))
    }

    private mutating func array(
        _ type: CCFPlan.TypeNumber, _ node: CCFPlan.Node, size: UInt64?
    ) throws(CCFFailure) -> CadenceValue {
        let start = cbor.at
        let count = try cbor.array()
        if let size, size != UInt64(count) {
            throw CCFFailure(start, "\(size) elements were expected, there are \(count)")
        }
        try spend(count)
        var elements: [CadenceValue] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try value(node.first)) }
        return .array(CadenceArray(elements, type: plan.types[Int(type)]))
    }

    private mutating func dictionary(_ type: CCFPlan.TypeNumber, _ node: CCFPlan.Node) throws(CCFFailure)
        -> CadenceValue
    {
        let start = cbor.at
        let count = try cbor.array()
        guard count.isMultiple(of: 2) else { throw CCFFailure(start, "a dictionary has a value for each key") }
        try spend(count)
        var pairs: [CadenceDictionary.Pair] = []
        pairs.reserveCapacity(count / 2)
        var previous = UnsafeRawBufferPointer(start: nil, count: 0)
        for _ in 0..<count / 2 {
            let start = cbor.at
            let key = try value(node.first)
            let bytes = UnsafeRawBufferPointer(start: cbor.base + start, count: cbor.at - start)
            // Keys need not differ; that is left to who uses the dictionary.
            guard !bytes.lexicographicallyPrecedes(previous) else {
                throw CCFFailure(start, "the keys of a dictionary are sorted by their bytes")
            }
            previous = bytes
            pairs.append(CadenceDictionary.Pair(key: key, value: try value(node.second)))
        }
        return .dictionary(CadenceDictionary(pairs, type: plan.types[Int(type)]))
    }

    private mutating func range(_ type: CCFPlan.TypeNumber, _ node: CCFPlan.Node) throws(CCFFailure) -> CadenceValue {
        try cbor.array(of: 3)
        let start = try value(node.first)
        let end = try value(node.first)
        let step = try value(node.first)
        guard case .inclusiveRange(let element) = plan.types[Int(type)] else { preconditionFailure("not a range") }
        return .inclusiveRange(CadenceInclusiveRange(start: start, end: end, step: step, elementType: element))
    }

    private mutating func capability(_ type: CCFPlan.TypeNumber) throws(CCFFailure) -> CadenceValue {
        // A capability without a borrow type in its static type says its own.
        if let next = cbor.next, next >> 5 == CBORReader.Major.tag { return try abstract() }
        try cbor.array(of: 2)
        let address = try address()
        let id = try cbor.unsigned()
        guard case .capability(let borrowType) = plan.types[Int(type)] else { preconditionFailure("not a capability") }
        return .capability(CadenceCapability(id: id, address: address, borrowType: borrowType))
    }

    /// A value that says its type, or null for one that runs in a circle.
    private mutating func abstract() throws(CCFFailure) -> CadenceValue {
        if cbor.isNil {
            cbor.at &+= 1
            return .cycle
        }
        guard depth < depthLimit else { throw CCFFailure(cbor.at, "values are nested too deep", isLimit: true) }
        depth += 1
        defer { depth -= 1 }
        let start = cbor.at
        guard try cbor.tag() == CCF.Tag.typeAndValue else {
            throw CCFFailure(start, "a value with its type was expected")
        }
        try cbor.array(of: 2)
        let (type, referenced) = try plan.inlineType(&cbor, depth: depth)
        self.referenced.formUnion(referenced)
        return try value(type)
    }
}
