extension CCF {
    /// The message for a value. In the default mode fields keep their order, as the chain's events have them; the deterministic form sorts
    /// the fields of composites, the types of intersections and entitlements.
    /// - Throws: where the value does not tell a type that CCF needs (a JSON-CDC array has none), or has an attachment in it.
    public static func encode(_ value: CadenceValue, sorted: Bool = false) throws(CadenceCodingError) -> [UInt8] {
        guard let type = value.type else { throw .untyped(value) }
        var collector = CCFTypeCollector()
        collector.visit(value)
        var encoder = Encoder(types: collector.sortedTypes(), isSorted: sorted)
        if encoder.types.isEmpty {
            encoder.tag(Tag.typeAndValue)
        } else {
            encoder.tag(Tag.definitionsAndValue)
            encoder.array(2)
            try encoder.definitions()
        }
        encoder.array(2)
        try encoder.inlineType(type)
        try encoder.value(value, of: type)
        return encoder.bytes
    }

    /// Writes values; see CCF+TypeEncoder for their types.
    struct Encoder {
        var bytes: [UInt8] = []
        let types: [CadenceNominalType]
        let numbers: [String: UInt64]
        let isSorted: Bool

        init(types: [CadenceNominalType], isSorted: Bool) {
            self.types = types
            self.isSorted = isSorted
            numbers = Dictionary(uniqueKeysWithValues: types.enumerated().map { ($1.typeID, UInt64($0)) })
        }

        mutating func value(_ value: CadenceValue, of staticType: CadenceType) throws(CadenceCodingError) {
            if case .cycle = value { return null() }
            guard let runtimeType = value.type else { throw .untyped(value) }
            if Encoder.mustTellType(staticType, runtimeType) {
                tag(Tag.typeAndValue)
                array(2)
                try inlineType(try Encoder.typeToTell(staticType, runtimeType))
            }
            switch value {
            case .void, .cycle: null()
            case .bool(let bool): bytes.append(bool ? 0xF5 : 0xF4)
            case .string(let text), .character(let text): self.text(text)
            case .address(let address): byteString(address.bytes)
            case .int8(let number): integer(Int64(number))
            case .int16(let number): integer(Int64(number))
            case .int32(let number): integer(Int64(number))
            case .int64(let number), .fix64(let number): integer(number)
            case .uint8(let number), .word8(let number): head(0, UInt64(number))
            case .uint16(let number), .word16(let number): head(0, UInt64(number))
            case .uint32(let number), .word32(let number): head(0, UInt64(number))
            case .uint64(let number), .word64(let number), .ufix64(let number): head(0, number)
            case .int(let number), .int256(let number), .uint(let number), .uint256(let number), .word256(let number):
                bignum(number)
            case .int128(let number): bignum(BigInt(number))
            case .uint128(let number), .word128(let number): bignum(BigInt(number))
            case .fix128(let number): halves(UInt128(truncatingIfNeeded: number))
            case .ufix128(let number): halves(number)
            case .optional(nil): null()
            case .optional(let inner?):
                // The optional's type has told the inner one.
                guard let type = inner.type else {
                    if case .cycle = inner { return null() }
                    throw .untyped(inner)
                }
                try self.value(inner, of: type)
            case .array(let array): try self.array(array)
            case .dictionary(let dictionary): try self.dictionary(dictionary)
            case .composite(let composite): try self.composite(composite)
            case .path(let path):
                array(2)
                head(0, UInt64(path.domain.number))
                text(path.identifier)
            case .type(let type): try typeValue(type)
            case .capability(let capability):
                array(2)
                byteString(capability.address.bytes)
                head(0, capability.id)
            case .inclusiveRange(let range):
                guard case .inclusiveRange(let element) = runtimeType else { throw .untyped(value) }
                array(3)
                try self.value(range.start, of: element)
                try self.value(range.end, of: element)
                try self.value(range.step, of: element)
            case .function(let function): try functionValue(function)
            }
        }

        private mutating func array(_ array: CadenceArray) throws(CadenceCodingError) {
            let element: CadenceType
            switch array.type {
            case .variableSizedArray(let type), .constantSizedArray(let type, _): element = type
            default: throw .untyped(.array(array))
            }
            self.array(array.elements.count)
            for value in array.elements { try self.value(value, of: element) }
        }

        private mutating func dictionary(_ dictionary: CadenceDictionary) throws(CadenceCodingError) {
            guard case .dictionary(let keyType, let valueType) = dictionary.type else {
                throw .untyped(.dictionary(dictionary))
            }
            array(dictionary.pairs.count * 2)
            var pairs: [(key: [UInt8], value: [UInt8])] = []
            let outer = bytes
            for pair in dictionary.pairs {
                bytes = []
                try value(pair.key, of: keyType)
                let key = bytes
                bytes = []
                try value(pair.value, of: valueType)
                pairs.append((key, bytes))
            }
            // Equal keys, which the chain has none of, keep their order: so writing what was read changes nothing. The reference turns them
            // round each time.
            pairs.sort { $0.key.lexicographicallyPrecedes($1.key) }
            bytes = outer
            for pair in pairs {
                bytes.append(contentsOf: pair.key)
                bytes.append(contentsOf: pair.value)
            }
        }

        private mutating func composite(_ composite: CadenceComposite) throws(CadenceCodingError) {
            let fields = composite.nominalType.fields
            if composite.hasAttachments {
                throw CadenceCodingError(.encoding, "an attachment inside of \(composite.typeID) has no place in CCF")
            }
            array(composite.values.count)
            for index in order(fields) { try value(composite.values[index], of: fields[index].type) }
        }

        /// The fields as they are written: as declared, or the shorter names first, then by their bytes.
        func order(_ fields: [CadenceNominalType.Field]) -> [Int] {
            isSorted
                ? fields.indices.sorted { Encoder.precedes(fields[$0].name, fields[$1].name) } : Array(fields.indices)
        }

        static func precedes(_ a: String, _ b: String) -> Bool {
            a.utf8.count != b.utf8.count ? a.utf8.count < b.utf8.count : CadenceType.isBytewiseLess(a, b)
        }

        // MARK: When a value tells its type

        static func mustTellType(_ staticType: CadenceType, _ runtimeType: CadenceType) -> Bool {
            if staticType.isSame(as: runtimeType) { return false }
            switch staticType {
            case .optional(let inner):
                guard case .optional(let runtimeInner) = runtimeType else { return true }
                // An empty optional is one of Never, whatever it was declared as.
                return isOptionalOfNever(runtimeType) ? false : mustTellType(inner, runtimeInner)
            case .reference(_, let inner): return mustTellType(inner, runtimeType)
            default: return true
            }
        }

        private static func isOptionalOfNever(_ type: CadenceType) -> Bool {
            var type = type
            while case .optional(let inner) = type {
                if inner == .simple("Never") { return true }
                type = inner
            }
            return false
        }

        /// The runtime type without what the static type has said already.
        private static func typeToTell(
            _ staticType: CadenceType, _ runtimeType: CadenceType
        ) throws(CadenceCodingError) -> CadenceType {
            switch staticType {
            case .optional(let inner):
                guard case .optional(let runtimeInner) = runtimeType else {
                    throw CadenceCodingError(.encoding, "\(runtimeType.typeID) where an optional was declared")
                }
                return try typeToTell(inner, runtimeInner)
            case .reference(_, let inner): return try typeToTell(inner, runtimeType)
            default: return runtimeType
            }
        }

        // MARK: CBOR

        mutating func head(_ major: UInt8, _ argument: UInt64) {
            let initial = major << 5
            switch argument {
            case ..<24: bytes.append(initial | UInt8(argument))
            case ...0xFF: bytes.append(contentsOf: [initial | 24, UInt8(argument)])
            case ...0xFFFF: append(initial | 25, UInt16(argument).bigEndian)
            case ...0xFFFF_FFFF: append(initial | 26, UInt32(argument).bigEndian)
            default: append(initial | 27, argument.bigEndian)
            }
        }

        private mutating func append(_ initial: UInt8, _ bigEndian: some FixedWidthInteger) {
            bytes.append(initial)
            withUnsafeBytes(of: bigEndian) { bytes.append(contentsOf: $0) }
        }

        mutating func tag(_ number: UInt64) { head(CBORReader.Major.tag, number) }
        mutating func array(_ count: Int) { head(CBORReader.Major.array, UInt64(count)) }
        mutating func null() { bytes.append(0xF6) }

        mutating func text(_ text: String) {
            head(CBORReader.Major.text, UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }

        mutating func byteString(_ content: [UInt8]) {
            head(CBORReader.Major.bytes, UInt64(content.count))
            bytes.append(contentsOf: content)
        }

        private mutating func integer(_ number: Int64) {
            if number < 0 { head(1, UInt64(bitPattern: -1 - number)) } else { head(0, UInt64(number)) }
        }

        private mutating func bignum(_ number: BigInt) {
            bytes.append(number.isNegative ? 0xC3 : 0xC2)
            byteString(BigInt.bytes(of: number.isNegative ? number.magnitudeMinusOne : number.magnitude))
        }

        private mutating func halves(_ number: UInt128) {
            array(2)
            head(0, UInt64(truncatingIfNeeded: number >> 64))
            head(0, UInt64(truncatingIfNeeded: number))
        }
    }
}

extension CadenceCodingError {
    static func untyped(_ value: CadenceValue) -> CadenceCodingError {
        CadenceCodingError(.encoding, "the type of this \(value.jsonTypeName) is not known, and CCF needs it")
    }
}

extension CadenceType {
    /// Whether the two name one type. Nominal types are compared by what they are called, sets by their members.
    func isSame(as other: CadenceType) -> Bool {
        switch (self, other) {
        case (.optional(let a), .optional(let b)), (.variableSizedArray(let a), .variableSizedArray(let b)),
            (.inclusiveRange(let a), .inclusiveRange(let b)):
            a.isSame(as: b)
        case (.constantSizedArray(let a, let x), .constantSizedArray(let b, let y)): x == y && a.isSame(as: b)
        case (.dictionary(let k, let v), .dictionary(let l, let w)): k.isSame(as: l) && v.isSame(as: w)
        case (.capability(let a), .capability(let b)):
            switch (a, b) {
            case (nil, nil): true
            case (let a?, let b?): a.isSame(as: b)
            default: false
            }
        case (.reference(let x, let a), .reference(let y, let b)): x.isSame(as: y) && a.isSame(as: b)
        case (.intersection(let a), .intersection(let b)): Set(a.map(\.typeID)) == Set(b.map(\.typeID))
        case (.nominal(let a), .nominal(let b)): a.kind == b.kind && a.typeID == b.typeID
        case (.nominal(let a), .repeated(let id)), (.repeated(let id), .nominal(let a)): a.typeID == id
        default: self == other
        }
    }
}

extension CadenceAuthorization {
    fileprivate func isSame(as other: CadenceAuthorization) -> Bool {
        switch (self, other) {
        case (.conjunction(let a), .conjunction(let b)), (.disjunction(let a), .disjunction(let b)): Set(a) == Set(b)
        default: self == other
        }
    }
}
