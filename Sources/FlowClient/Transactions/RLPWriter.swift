/// Writes RLP forward into memory of exactly the right size. Sizes come first (`RLP.size…`), so nothing is moved or grown.
struct RLPWriter {
    private var cursor: UnsafeMutablePointer<UInt8>
    private let end: UnsafeMutablePointer<UInt8>

    /// `body` must write exactly `count` bytes.
    static func write(count: Int, _ body: (inout RLPWriter) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            guard let base = buffer.baseAddress, count > 0 else { return }
            var writer = RLPWriter(cursor: base, end: base + count)
            body(&writer)
            precondition(writer.cursor == writer.end, "an RLP size was wrong")
            written = count
        }
    }

    mutating func raw(_ source: UnsafeRawBufferPointer) {
        guard let base = source.baseAddress else { return }
        precondition(source.count <= end - cursor, "an RLP size was too small")
        UnsafeMutableRawPointer(cursor).copyMemory(from: base, byteCount: source.count)
        cursor += source.count
    }

    mutating func raw(_ source: [UInt8]) {
        source.withUnsafeBytes { raw($0) }
    }

    mutating func bytes(_ source: [UInt8]) {
        source.withUnsafeBytes { buffer in
            if buffer.count != 1 || buffer[0] >= 0x80 { header(0x80, buffer.count) }
            raw(buffer)
        }
    }

    /// Big-endian without leading zeros; zero is the empty string.
    mutating func integer(_ value: UInt64) {
        if value < 0x80 {
            byte(value == 0 ? 0x80 : UInt8(value))
        } else {
            let count = RLP.significantBytes(value)
            byte(0x80 + UInt8(count))
            bigEndian(value, count)
        }
    }

    /// Always 8 bytes: leading zeros of an address are part of it.
    mutating func address(_ address: Address) {
        byte(0x88)
        bigEndian(address.rawValue, 8)
    }

    /// Always 32 bytes.
    mutating func identifier(_ identifier: Identifier) {
        byte(0xa0)
        bigEndian(identifier.words.0, 8)
        bigEndian(identifier.words.1, 8)
        bigEndian(identifier.words.2, 8)
        bigEndian(identifier.words.3, 8)
    }

    mutating func listHeader(_ contents: Int) { header(0xc0, contents) }

    private mutating func header(_ base: UInt8, _ count: Int) {
        if count <= 55 {
            byte(base + UInt8(count))
        } else {
            let digits = RLP.significantBytes(UInt64(count))
            byte(base + 55 + UInt8(digits))
            bigEndian(UInt64(count), digits)
        }
    }

    private mutating func bigEndian(_ value: UInt64, _ count: Int) {
        precondition(count <= end - cursor, "an RLP size was too small")
        var shifted = (value << UInt64((8 - count) * 8)).bigEndian
        withUnsafeBytes(of: &shifted) { source in
            UnsafeMutableRawPointer(cursor).copyMemory(from: source.baseAddress!, byteCount: count)
        }
        cursor += count
    }

    private mutating func byte(_ value: UInt8) {
        precondition(cursor < end, "an RLP size was too small")
        cursor.pointee = value
        cursor += 1
    }
}

extension RLP {
    static let sizeOfAddress = 9
    static let sizeOfIdentifier = 33

    static func size(of bytes: [UInt8]) -> Int {
        bytes.count == 1 && bytes[0] < 0x80 ? 1 : sizeOfHeader(bytes.count) + bytes.count
    }

    static func size(of integer: UInt64) -> Int {
        integer < 0x80 ? 1 : 1 + significantBytes(integer)
    }

    static func sizeOfList(_ contents: Int) -> Int { sizeOfHeader(contents) + contents }

    static func significantBytes(_ value: UInt64) -> Int { 8 - value.leadingZeroBitCount / 8 }

    private static func sizeOfHeader(_ count: Int) -> Int {
        count <= 55 ? 1 : 1 + significantBytes(UInt64(count))
    }
}
