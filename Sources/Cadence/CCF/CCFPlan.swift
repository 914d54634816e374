/// How the values of a message are read: its type part, compiled. The type part of one event type is the same bytes every time, so a
/// plan is made once and found again by those bytes.
///
/// A type is a number here: a simple type is the complement of its CCF number, any other the index of a node.
final class CCFPlan {
    typealias TypeNumber = Int32

    struct Node {
        enum Operation: UInt8 {
            case optional, array, constantSizedArray, dictionary, composite, abstract, reference, capability,
                inclusiveRange
        }

        var operation: Operation
        /// Of what is inside; of a composite, its index among the definitions.
        var first: TypeNumber = 0
        /// Of a dictionary's values.
        var second: TypeNumber = 0
        /// Of a constant-sized array.
        var size: UInt64 = 0
    }

    /// A definition, with its fields' types.
    struct Composite {
        var layout: Unmanaged<CadenceCompositeLayout>
        var fields: UnsafeMutablePointer<TypeNumber>
        var count: Int
    }

    /// The bytes before the value: tags, definitions, type.
    let prefix: [UInt8]
    let root: TypeNumber
    let table: CadenceTypeTable?
    let definitions: [(kind: CadenceNominalKind, typeID: String)]
    /// Definitions that the type part itself does not refer to; the value must, or the message is refused.
    let unreferenced: Set<Int>

    private(set) var nodes: UnsafeMutablePointer<Node>
    private(set) var types: [CadenceType] = []
    private var nodeCount = 0
    private var capacity = 16
    private let composites: UnsafeMutablePointer<Composite>
    private let definitionNodes: [TypeNumber]
    /// Inline types met inside of values, by their bytes.
    private var inlineTypes: [[UInt8]: (TypeNumber, referenced: Set<Int>)] = [:]

    /// Reads the type part of a message, from its first byte up to its value.
    init(reading bytes: UnsafeRawBufferPointer) throws(CCFFailure) {
        var cbor = CBORReader(bytes)
        let tag = try cbor.tag()
        guard tag == CCF.Tag.definitionsAndValue || tag == CCF.Tag.typeAndValue else {
            throw CCFFailure(0, "the tag \(tag) begins no message with a value")
        }
        try cbor.array(of: 2)
        var fields: [[CadenceNominalType.Field]] = []
        var reader = CCFTypeReader(cbor)
        if tag == CCF.Tag.definitionsAndValue {
            fields = try CCFPlan.readDefinitions(&reader)
            // The array of type and value.
            try reader.cbor.array(of: 2)
        }
        definitions = reader.definitions
        let rootType = try reader.inlineType()
        prefix = Array(bytes[..<reader.cbor.at])
        unreferenced = Set(definitions.indices).subtracting(reader.referenced)

        let definitions = reader.definitions
        table =
            definitions.isEmpty
            ? nil
            : CadenceTypeTable(
                zip(definitions, fields).map { .init(kind: $0.kind, typeID: $0.typeID, fields: $1) })

        nodes = .allocate(capacity: capacity)
        composites = .allocate(capacity: max(definitions.count, 1))
        // The node of definition i is i.
        definitionNodes = definitions.indices.map { TypeNumber($0) }
        for (index, definition) in definitions.enumerated() {
            let nominal = table.unsafelyUnwrapped.type(index)
            let kind = CadenceCompositeKind(definition.kind)
            CCFPlan.append(
                Node(operation: kind == nil ? .abstract : .composite, first: TypeNumber(index)), .nominal(nominal),
                &nodes, &nodeCount, &capacity, &types)
            composites[index] = Composite(
                layout: .passRetained(CadenceCompositeLayout(defined: nominal, kind: kind ?? .structure)),
                fields: .allocate(capacity: max(fields[index].count, 1)), count: fields[index].count)
        }
        var root: TypeNumber = 0
        var made: [[TypeNumber]] = []
        do {
            var compiler = Compiler(table: table, nodes: nodes, count: nodeCount, capacity: capacity, types: types)
            made = fields.map { $0.map { compiler.number($0.type) } }
            root = compiler.number(rootType)
            (nodes, nodeCount, capacity, types) = (compiler.nodes, compiler.count, compiler.capacity, compiler.types)
        }
        for (index, numbers) in made.enumerated() {
            for (at, number) in numbers.enumerated() { composites[index].fields[at] = number }
        }
        self.root = root
    }

    deinit {
        for index in definitions.indices {
            composites[index].layout.release()
            composites[index].fields.deallocate()
        }
        composites.deallocate()
        nodes.deallocate()
    }

    @inline(__always)
    func node(_ number: TypeNumber) -> Node { nodes[Int(number)] }

    @inline(__always)
    func composite(_ index: TypeNumber) -> Composite { composites[Int(index)] }

    /// The type that an inline type inside of a value names, and what it refers to.
    func inlineType(_ cbor: inout CBORReader, depth: Int) throws(CCFFailure) -> (TypeNumber, referenced: Set<Int>) {
        let start = cbor.at
        // One that was met before need not be read again, nor the plan grow by it.
        var end = cbor
        try end.skip()
        let bytes = Array(UnsafeRawBufferPointer(start: cbor.base + start, count: end.at - start))
        if let known = inlineTypes[bytes] {
            cbor = end
            return known
        }
        var reader = CCFTypeReader(cbor, definitions: definitions)
        let type = try reader.inlineType()
        cbor = reader.cbor
        var compiler = Compiler(table: table, nodes: nodes, count: nodeCount, capacity: capacity, types: types)
        types = []
        let number = compiler.number(type)
        (nodes, nodeCount, capacity, types) = (compiler.nodes, compiler.count, compiler.capacity, compiler.types)
        inlineTypes[bytes] = (number, reader.referenced)
        return (number, reader.referenced)
    }

    /// Whether values have added so much to it that it is better forgotten.
    var isBloated: Bool { nodeCount > 4096 || prefix.count > 16_384 }

    // MARK: Making

    private static func readDefinitions(
        _ reader: inout CCFTypeReader
    ) throws(CCFFailure) -> [[CadenceNominalType.Field]] {
        let start = reader.cbor.at
        let count = try reader.cbor.array()
        guard count > 0 else { throw CCFFailure(start, "there is one definition at least") }
        var definitions: [(kind: CadenceNominalKind, typeID: String)] = []
        var fieldOffsets: [Int?] = []
        var ids: Set<UTF8Key> = []
        var previous = ""
        for index in 0..<count {
            let start = reader.cbor.at
            let tag = try reader.cbor.tag()
            guard let kind = CCFTypeReader.kind(of: tag, CCF.Tag.structure, CCF.Tag.structureInterface) else {
                throw CCFFailure(start, "the tag \(tag) is no definition's")
            }
            try reader.cbor.array(of: kind.isInterface ? 2 : 3)
            guard try reader.identifier() == UInt64(index) else {
                throw CCFFailure(start, "a definition's number is its place, \(index)")
            }
            let (raw, identifier) = try reader.typeID()
            guard ids.insert(UTF8Key(raw)).inserted else { throw CCFFailure(start, "\(raw) is defined twice") }
            // Shorter ids first, then by their bytes.
            guard
                previous.utf8.count < raw.utf8.count
                    || previous.utf8.count == raw.utf8.count && CadenceType.isBytewiseLess(previous, raw)
            else { throw CCFFailure(start, "definitions are sorted by their ids, and \(raw) is out of order") }
            previous = raw
            definitions.append((kind, identifier.description))
            fieldOffsets.append(kind.isInterface ? nil : reader.cbor.at)
            // Fields may refer to definitions further on, so they are read when all are known.
            if !kind.isInterface { try reader.cbor.skip() }
        }
        let after = reader.cbor.at
        var fieldReader = CCFTypeReader(reader.cbor, definitions: definitions)
        var fields: [[CadenceNominalType.Field]] = []
        for offset in fieldOffsets {
            guard let offset else {
                fields.append([])
                continue
            }
            fieldReader.cbor.at = offset
            fields.append(try fieldReader.fields())
        }
        fieldReader.cbor.at = after
        reader = fieldReader
        return fields
    }

    private static func append(
        _ node: Node, _ type: CadenceType, _ nodes: inout UnsafeMutablePointer<Node>, _ count: inout Int,
        _ capacity: inout Int, _ types: inout [CadenceType]
    ) {
        if count == capacity {
            let larger = UnsafeMutablePointer<Node>.allocate(capacity: capacity * 2)
            larger.update(from: nodes, count: count)
            nodes.deallocate()
            nodes = larger
            capacity *= 2
        }
        nodes[count] = node
        count += 1
        types.append(type)
    }

    /// Turns types into nodes.
    private struct Compiler {
        let table: CadenceTypeTable?
        var nodes: UnsafeMutablePointer<Node>
        var count: Int
        var capacity: Int
        var types: [CadenceType]

        mutating func number(_ type: CadenceType) -> TypeNumber {
            switch type {
            case .simple(let name):
                return ~TypeNumber(truncatingIfNeeded: CadenceSimpleType.numbers[name] ?? CCFSimple.abstract)
            case .nominal(let nominal):
                if case .local(let index) = nominal.body { return TypeNumber(index) }
                return ~TypeNumber(truncatingIfNeeded: CCFSimple.abstract)
            case .optional(let inner): return add(.optional, type, number(inner))
            case .variableSizedArray(let element): return add(.array, type, number(element))
            case .constantSizedArray(let element, let size):
                return add(.constantSizedArray, type, number(element), size: size)
            case .dictionary(let key, let value): return add(.dictionary, type, number(key), number(value))
            case .inclusiveRange(let element): return add(.inclusiveRange, type, number(element))
            case .reference(_, let inner): return add(.reference, type, number(inner))
            case .capability: return add(.capability, type, 0)
            case .intersection, .restricted, .function, .repeated, .unknown: return add(.abstract, type, 0)
            }
        }

        private mutating func add(
            _ operation: Node.Operation, _ type: CadenceType, _ first: TypeNumber, _ second: TypeNumber = 0,
            size: UInt64 = 0
        ) -> TypeNumber {
            CCFPlan.append(
                Node(operation: operation, first: first, second: second, size: size),
                table?.resolved(type) ?? type, &nodes, &count, &capacity, &types)
            return TypeNumber(count - 1)
        }
    }
}

/// A text that equals another only byte for byte.
struct UTF8Key: Hashable {
    let text: String
    init(_ text: String) { self.text = text }

    static func == (a: UTF8Key, b: UTF8Key) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}

/// The simple types whose values are read directly, by their CCF numbers.
enum CCFSimple {
    static let bool: Int32 = 0
    static let string: Int32 = 1
    static let character: Int32 = 2
    static let address: Int32 = 3
    static let int: Int32 = 4
    static let int8: Int32 = 5
    static let int16: Int32 = 6
    static let int32: Int32 = 7
    static let int64: Int32 = 8
    static let int128: Int32 = 9
    static let int256: Int32 = 10
    static let uint: Int32 = 11
    static let uint8: Int32 = 12
    static let uint16: Int32 = 13
    static let uint32: Int32 = 14
    static let uint64: Int32 = 15
    static let uint128: Int32 = 16
    static let uint256: Int32 = 17
    static let word8: Int32 = 18
    static let word16: Int32 = 19
    static let word32: Int32 = 20
    static let word64: Int32 = 21
    static let fix64: Int32 = 22
    static let ufix64: Int32 = 23
    static let storagePath: Int32 = 26
    static let publicPath: Int32 = 27
    static let privatePath: Int32 = 28
    static let type: Int32 = 41
    static let void: Int32 = 50
    static let word128: Int32 = 52
    static let word256: Int32 = 53
    static let fix128: Int32 = 99
    static let ufix128: Int32 = 101
    /// AnyStruct, for what has no number of its own: its values say their type.
    static let abstract: UInt64 = 39
}
