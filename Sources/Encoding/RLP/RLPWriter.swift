/// Writes RLP forward into memory of exactly the right size. Sizes come first (`RLP.size…`), so nothing is moved or grown.
package struct RLPWriter {
    private var cursor: UnsafeMutablePointer<UInt8>
    private let end: UnsafeMutablePointer<UInt8>

    /// `body` must write exactly `count` bytes.
    package static func write(count: Int, _ body: (inout RLPWriter) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            guard let base = buffer.baseAddress, count > 0 else { return }
            var writer = RLPWriter(cursor: base, end: base + count)
            body(&writer)
            precondition(writer.cursor == writer.end, "an RLP size was wrong")
            written = count
        }
    }

    package mutating func raw(_ source: UnsafeRawBufferPointer) {
        guard let base = source.baseAddress else { return }
        precondition(source.count <= end - cursor, "an RLP size was too small")
        UnsafeMutableRawPointer(cursor).copyMemory(from: base, byteCount: source.count)
        cursor += source.count
    }

    package mutating func raw(_ source: [UInt8]) {
        source.withUnsafeBytes { raw($0) }
    }

    package mutating func bytes(_ source: [UInt8]) {
        source.withUnsafeBytes { buffer in
            if buffer.count != 1 || buffer[0] >= 0x80 { header(0x80, buffer.count) }
            raw(buffer)
        }
    }

    /// Big-endian without leading zeros; zero is the empty string.
    package mutating func integer(_ value: UInt64) {
        if value < 0x80 {
            byte(value == 0 ? 0x80 : UInt8(value))
        } else {
            let count = RLP.significantBytes(value)
            byte(0x80 + UInt8(count))
            bigEndian(value, count)
        }
    }

    package mutating func listHeader(_ contents: Int) { header(0xc0, contents) }

    private mutating func header(_ base: UInt8, _ count: Int) {
        if count <= 55 {
            byte(base + UInt8(count))
        } else {
            let digits = RLP.significantBytes(UInt64(count))
            byte(base + 55 + UInt8(digits))
            bigEndian(UInt64(count), digits)
        }
    }

    /// The low `count` bytes.
    package mutating func bigEndian(_ value: UInt64, _ count: Int) {
        precondition(count <= end - cursor, "an RLP size was too small")
        var shifted = (value << UInt64((8 - count) * 8)).bigEndian
        withUnsafeBytes(of: &shifted) { source in
            UnsafeMutableRawPointer(cursor).copyMemory(from: source.baseAddress!, byteCount: count)
        }
        cursor += count
    }

    package mutating func byte(_ value: UInt8) {
        precondition(cursor < end, "an RLP size was too small")
        cursor.pointee = value
        cursor += 1
    }
}

extension RLP {
    package static let sizeOfAddress = 9
    package static let sizeOfIdentifier = 33

    package static func size(of bytes: [UInt8]) -> Int {
        bytes.count == 1 && bytes[0] < 0x80 ? 1 : sizeOfHeader(bytes.count) + bytes.count
    }

    package static func size(of integer: UInt64) -> Int {
        integer < 0x80 ? 1 : 1 + significantBytes(integer)
    }

    package static func sizeOfList(_ contents: Int) -> Int { sizeOfHeader(contents) + contents }

    package static func significantBytes(_ value: UInt64) -> Int { 8 - value.leadingZeroBitCount / 8 }

    private static func sizeOfHeader(_ count: Int) -> Int {
        count <= 55 ? 1 : 1 + significantBytes(UInt64(count))
    }
}
