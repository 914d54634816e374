/// The composite types that a decoder has met, by the bytes of their id and field names, so that the names of an event that comes a
/// million times are made once. It forgets all when it has grown to a thousand.
final class JSONLayoutCache {
    private struct Known {
        var kind: CadenceCompositeKind
        var key: [UInt8]
        var layout: CadenceCompositeLayout
    }

    private var known: [UInt64: Known] = [:]
    private var recent: (hash: UInt64, Known)?
    private static let most = 1024
    private static let longestKey = 16_384

    /// The layout for an id (a string entry) and fields (an array of objects, the names' entries left in them). Throws where the id is none.
    func layout(
        _ kind: CadenceCompositeKind, id: Int, fields: Int, in view: JSONView
    ) throws(JSONFailure) -> CadenceCompositeLayout {
        let hash = JSONLayoutCache.hash(kind, id: id, fields: fields, in: view)
        if let recent, recent.hash == hash, matches(recent.1, kind, id: id, fields: fields, in: view) {
            return recent.1.layout
        }
        if let found = known[hash], matches(found, kind, id: id, fields: fields, in: view) {
            recent = (hash, found)
            return found.layout
        }
        let text = view.string(id)
        guard let identifier = CadenceTypeIdentifier(text) else { throw JSONFailure(id, "`\(text)` is no type id") }
        var names: [String] = []
        JSONLayoutCache.visit(fields: fields, in: view) { names.append(view.string($0)) }
        let layout = CadenceCompositeLayout(kind, identifier.description, fieldNames: names)

        var key: [UInt8] = []
        JSONLayoutCache.visit(id: id, fields: fields, in: view) { bytes in
            key.append(contentsOf: bytes)
            key.append(0)
        }
        if key.count <= JSONLayoutCache.longestKey {
            if known.count >= JSONLayoutCache.most { known.removeAll(keepingCapacity: true) }
            let new = Known(kind: kind, key: key, layout: layout)
            known[hash] = new
            recent = (hash, new)
        }
        return layout
    }

    @inline(__always)
    private static func visit(id: Int, fields: Int, in view: JSONView, _ body: (UnsafeRawBufferPointer) -> Void) {
        body(view.content(id))
        JSONLayoutCache.visit(fields: fields, in: view) { body(view.content($0)) }
    }

    /// The entry of each field's name, which the reader left in the field's own entry.
    @inline(__always)
    private static func visit(fields: Int, in view: JSONView, _ body: (Int) -> Void) {
        var at = fields + 1
        let end = Int(view[fields].end)
        while at < end {
            body(Int(view[at].count))
            at = view.after(at)
        }
    }

    @inline(__always)
    private func matches(
        _ known: Known, _ kind: CadenceCompositeKind, id: Int, fields: Int, in view: JSONView
    ) -> Bool {
        guard known.kind == kind else { return false }
        return known.key.withUnsafeBytes { key in
            var at = 0
            var same = true
            JSONLayoutCache.visit(id: id, fields: fields, in: view) { bytes in
                // Raw JSON strings hold no zero byte, so the zero that follows each ends it.
                guard same, at + bytes.count < key.count, key[at + bytes.count] == 0,
                    UnsafeRawBufferPointer(rebasing: key[at..<at + bytes.count]).isSame(as: bytes)
                else {
                    same = false
                    return
                }
                at += bytes.count + 1
            }
            return same && at == key.count
        }
    }

    @inline(__always)
    private static func hash(
        _ kind: CadenceCompositeKind, id: Int, fields: Int, in view: JSONView
    ) -> UInt64 {
        var hash = ByteHash()
        visit(id: id, fields: fields, in: view) { hash.combine($0) }
        return hash.finished
    }
}

/// A fast hash of bytes for small caches whose owner compares the bytes too. It is seeded once per process.
struct ByteHash {
    private var state: UInt64 = ByteHash.seed
    private static let seed = UInt64.random(in: 1...UInt64.max)

    @inline(__always)
    mutating func combine(_ bytes: UnsafeRawBufferPointer) {
        var at = 0
        while at &+ 8 <= bytes.count {
            mix(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at &+= 8
        }
        var tail = UInt64(truncatingIfNeeded: bytes.count) &<< 56
        var shift: UInt64 = 0
        while at < bytes.count {
            tail |= UInt64(bytes[at]) &<< shift
            shift &+= 8
            at &+= 1
        }
        mix(tail)
    }

    @inline(__always)
    private mutating func mix(_ word: UInt64) {
        let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        state = product.high ^ product.low
    }

    var finished: UInt64 { state }
}

extension UnsafeRawBufferPointer {
    /// Byte for byte.
    @inline(__always)
    func isSame(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var at = 0
        while at &+ 8 <= count {
            if loadUnaligned(fromByteOffset: at, as: UInt64.self)
                != other.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            {
                return false
            }
            at &+= 8
        }
        while at < count {
            if self[at] != other[at] { return false }
            at &+= 1
        }
        return true
    }
}
