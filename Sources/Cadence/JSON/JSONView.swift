/// A tape and the bytes it was made from, to be read. Valid only while both are.
struct JSONView {
    let entries: UnsafeMutablePointer<JSONTape.Entry>
    let bytes: UnsafeRawBufferPointer

    @inline(__always)
    subscript(_ index: Int) -> JSONTape.Entry { entries[index] }

    /// The entry that follows this one and all that is in it.
    @inline(__always)
    func after(_ index: Int) -> Int {
        let entry = entries[index]
        return entry.kind.rawValue <= JSONTape.Entry.Kind.array.rawValue ? Int(entry.end) : index + 1
    }

    @inline(__always)
    func content(_ index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        return UnsafeRawBufferPointer(
            start: bytes.baseAddress.unsafelyUnwrapped + Int(entry.start), count: Int(entry.end &- entry.start))
    }

    /// Of a string entry: its text, escapes resolved and what is no UTF-8 replaced.
    func string(_ index: Int) -> String {
        let content = content(index)
        if entries[index].needsDecoding { return JSONString.decode(content) }
        return String(decoding: content, as: UTF8.self)
    }

    /// Whether a string entry reads so.
    @inline(__always)
    func string(_ index: Int, is text: StaticString) -> Bool {
        let entry = entries[index]
        if _slowPath(entry.needsDecoding) { return string(index) == text.description }
        let length = text.utf8CodeUnitCount
        guard Int(entry.end &- entry.start) == length else { return false }
        let start = bytes.baseAddress.unsafelyUnwrapped + Int(entry.start)
        for offset in 0..<length
        where start.load(fromByteOffset: offset, as: UInt8.self) != text.utf8Start[offset] { return false }
        return true
    }

    /// The value of an object's member, nil where there is none. Of several with one name the last counts.
    @inline(__always)
    func member(_ name: StaticString, of object: Int) -> Int? {
        let end = Int(entries[object].end)
        var found: Int?
        var at = object + 1
        while at < end {
            if string(at, is: name) { found = at + 1 }
            at = after(at + 1)
        }
        return found
    }

    /// Where an entry stands, such as `.value.fields[2].value`.
    func path(to index: Int) -> String {
        var path = ""
        var container = 0
        while container < index, entries[container].kind.rawValue <= JSONTape.Entry.Kind.array.rawValue {
            let isObject = entries[container].kind == .object
            var child = container + 1
            var number = 0
            var next = child
            while child < Int(entries[container].end) {
                next = after(isObject ? child + 1 : child)
                if index < next { break }
                child = next
                number += 1
            }
            guard index < next else { break }
            path += isObject ? "." + string(child) : "[\(number)]"
            container = isObject ? child + 1 : child
        }
        return path
    }
}
