import CGRPC

/// Headers and trailers, in order. Keys are lower case; a value is text, or any bytes where its key ends in `-bin`.
public struct GRPCMetadata: Hashable, Sendable, ExpressibleByDictionaryLiteral, CustomStringConvertible {
    public struct Entry: Hashable, Sendable {
        public var key: String
        public var value: [UInt8]
        public var text: String { String(decoding: value, as: UTF8.self) }
    }

    public private(set) var entries: [Entry] = []

    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        for (key, value) in elements { append(key, value) }
    }

    public var isEmpty: Bool { entries.isEmpty }

    public mutating func append(_ key: String, _ value: String) { append(key, bytes: Array(value.utf8)) }

    public mutating func append(_ key: String, bytes: [UInt8]) {
        entries.append(Entry(key: key.lowercased(), value: bytes))
    }

    /// The first value of a key, as text.
    public subscript(key: String) -> String? { entries.first { $0.key == key }?.text }

    /// All values of a key, as bytes.
    public func values(of key: String) -> [[UInt8]] { entries.filter { $0.key == key }.map(\.value) }

    /// Values may carry credentials: only keys are shown.
    public var description: String { "[" + entries.map(\.key).joined(separator: ", ") + "]" }
}

extension GRPCMetadata {
    init(copying array: grpc_metadata_array) {
        entries.reserveCapacity(array.count)
        for at in 0..<array.count {
            entries.append(Entry(key: array.metadata[at].key.text, value: array.metadata[at].value.bytes))
        }
    }
}

/// Metadata on its way out, in the core's form.
final class MetadataArray {
    let pointer: UnsafeMutablePointer<grpc_metadata>
    let count: Int

    init(_ metadata: GRPCMetadata) {
        count = metadata.entries.count
        pointer = .allocate(capacity: count)
        for (at, entry) in metadata.entries.enumerated() {
            var item = grpc_metadata()
            item.key = grpc_slice(copying: entry.key)
            item.value = grpc_slice(copying: entry.value)
            (pointer + at).initialize(to: item)
        }
    }

    deinit {
        for at in 0..<count {
            grpc_slice_unref(pointer[at].key)
            grpc_slice_unref(pointer[at].value)
        }
        pointer.deallocate()
    }
}
