/// Recursive Length Prefix, as Ethereum's yellow paper (appendix B) has it and Flow uses it for what is signed.
public enum RLP {
    public indirect enum Item: Hashable, Sendable {
        case bytes([UInt8])
        case list([Item])
    }

    /// Lists nest no deeper in anything that is decoded here; a transaction needs four levels.
    public static let maximumDepth = 512

    public static func encode(_ item: Item) -> [UInt8] {
        RLPWriter.write(count: size(of: item)) { write(item, to: &$0) }
    }

    /// The whole input must be one item in its only valid form.
    public static func decode(_ bytes: [UInt8]) throws(RLPError) -> Item {
        var reader = RLPReader(bytes)
        let item = try reader.item(upTo: bytes.count, depth: 0)
        guard reader.offset == bytes.count else {
            throw RLPError(.trailingBytes, at: reader.offset)
        }
        return item
    }

    package static func size(of item: Item) -> Int {
        switch item {
        case .bytes(let bytes): size(of: bytes)
        case .list(let items): sizeOfList(items.reduce(0) { $0 + size(of: $1) })
        }
    }

    private static func write(_ item: Item, to writer: inout RLPWriter) {
        switch item {
        case .bytes(let bytes): writer.bytes(bytes)
        case .list(let items):
            writer.listHeader(items.reduce(0) { $0 + size(of: $1) })
            for item in items { write(item, to: &writer) }
        }
    }
}

/// Why bytes are not RLP, and where.
public struct RLPError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: String, Sendable {
        case empty = "no bytes"
        case truncated = "the item is longer than what holds it"
        case trailingBytes = "bytes follow the item"
        case nonCanonicalByte = "a single byte below 0x80 has a prefix"
        case nonCanonicalLength = "the length is not in its shortest form"
        case tooDeep = "lists are nested too deep"
    }

    public let reason: Reason
    /// The byte at which the item in question begins.
    public let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "RLP, byte \(offset): \(reason.rawValue)" }
}
