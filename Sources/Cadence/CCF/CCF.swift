/// Cadence Compact Format: the binary form in which events and script results come where the node offers it.
/// Rules: onflow/ccf:ccf_specs.md and onflow/cadence:encoding/ccf, default modes.
public enum CCF {
    /// What a message may cost to read. The bounds are far above what the chain can emit in one event or result.
    public struct Limits: Sendable {
        /// Bytes of one message.
        public var bytes: Int
        /// Values inside of one another.
        public var depth: Int
        /// Values of any kind in one message.
        public var elements: Int

        public init(bytes: Int = 64 << 20, depth: Int = 512, elements: Int = 8_000_000) {
            self.bytes = bytes
            self.depth = depth
            self.elements = elements
        }
    }

    /// Types inside of one another.
    static let typeDepth = 128

    /// Whether bytes begin as a message does. It does not read further.
    public static func hasMessagePrefix(_ bytes: some Collection<UInt8>) -> Bool {
        var start = bytes.prefix(5).makeIterator()
        guard bytes.count >= 5, start.next() == 0xD8, let tag = start.next() else { return false }
        return (tag == 129 || tag == 130) && start.next() == 0x82
    }

    enum Tag {
        static let definitionsAndValue: UInt64 = 129
        static let typeAndValue: UInt64 = 130
        /// From here on the types of values; the same types as values begin at 184.
        static let typeReference: UInt64 = 136
        static let typeValueReference: UInt64 = 184
        static let structure: UInt64 = 160
        static let structureInterface: UInt64 = 176
        static let structureValue: UInt64 = 208
        static let structureInterfaceValue: UInt64 = 224
        static let functionValue: UInt64 = 193
    }

    static let compositeKinds: [CadenceNominalKind] = [
        .structure, .resource, .event, .contract, .enumeration, .attachment,
    ]
    static let interfaceKinds: [CadenceNominalKind] = [.structureInterface, .resourceInterface, .contractInterface]
}
