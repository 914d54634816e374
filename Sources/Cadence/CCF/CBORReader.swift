/// What was wrong with CCF bytes, and at which byte.
struct CCFFailure: Error {
    var offset: Int
    var reason: String
    var isLimit = false

    @inline(never)
    init(_ offset: Int, _ reason: String, isLimit: Bool = false) {
        self.offset = offset
        self.reason = reason
        self.isLimit = isLimit
    }
}

/// Reads CBOR items (RFC 8949) from the front, as the reference's CBOR library is set up to: no indefinite lengths, but any length of
/// an item's head, shortest or not. It borrows the bytes.
struct CBORReader {
    enum Major {
        static let unsigned: UInt8 = 0
        static let negative: UInt8 = 1
        static let bytes: UInt8 = 2
        static let text: UInt8 = 3
        static let array: UInt8 = 4
        static let tag: UInt8 = 6
    }

    let base: UnsafeRawPointer
    var at: Int
    let end: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        at = 0
        end = bytes.count
    }

    @inline(__always)
    var next: UInt8? { at < end ? base.load(fromByteOffset: at, as: UInt8.self) : nil }

    @inline(__always)
    var isNil: Bool { next == 0xF6 }

    /// The head of an item that must be of this kind; its argument.
    @inline(__always)
    mutating func head(_ major: UInt8, _ what: StaticString) throws(CCFFailure) -> UInt64 {
        guard at < end else { throw CBORReader.early(at) }
        let initial = base.load(fromByteOffset: at, as: UInt8.self)
        guard initial >> 5 == major else { throw CBORReader.unexpected(at, what) }
        let information = initial & 31
        if information < 24 {
            at &+= 1
            return UInt64(information)
        }
        return try longArgument(information)
    }

    /// The argument that follows the initial byte.
    @inline(__always)
    private mutating func longArgument(_ information: UInt8) throws(CCFFailure) -> UInt64 {
        let length: Int
        switch information {
        case 24: length = 1
        case 25: length = 2
        case 26: length = 4
        case 27: length = 8
        case 31: throw CCFFailure(at, "lengths must be definite")
        default: throw CCFFailure(at, "no CBOR item begins with \(base.load(fromByteOffset: at, as: UInt8.self))")
        }
        guard length < end &- at else { throw CBORReader.early(end) }
        let start = base + (at &+ 1)
        at &+= 1 &+ length
        switch length {
        case 1: return UInt64(start.load(as: UInt8.self))
        case 2: return UInt64(UInt16(bigEndian: start.loadUnaligned(as: UInt16.self)))
        case 4: return UInt64(UInt32(bigEndian: start.loadUnaligned(as: UInt32.self)))
        default: return UInt64(bigEndian: start.loadUnaligned(as: UInt64.self))
        }
    }

    @inline(__always)
    mutating func unsigned() throws(CCFFailure) -> UInt64 { try head(Major.unsigned, "an unsigned integer") }

    @inline(__always)
    mutating func unsigned<T: FixedWidthInteger>(as type: T.Type) throws(CCFFailure) -> T {
        let start = at
        guard let value = T(exactly: try unsigned()) else { throw CCFFailure(start, "the number is too large") }
        return value
    }

    mutating func signed<T: FixedWidthInteger & SignedInteger>(as type: T.Type) throws(CCFFailure) -> T {
        let start = at
        let isNegative = (next ?? 0) >> 5 == Major.negative
        let argument = try head(isNegative ? Major.negative : Major.unsigned, "an integer")
        guard let magnitude = Int64(exactly: argument), let value = T(exactly: isNegative ? -1 - magnitude : magnitude)
        else {
            throw CCFFailure(start, "the number does not fit")
        }
        return value
    }

    /// The number of elements that follow. Each takes a byte at least, so a count beyond the rest is refused at once.
    @inline(__always)
    mutating func array() throws(CCFFailure) -> Int {
        let start = at
        let count = try head(Major.array, "an array")
        guard count <= UInt64(end &- at) else { throw CBORReader.early(start) }
        return Int(truncatingIfNeeded: count)
    }

    @inline(__always)
    mutating func array(of count: Int) throws(CCFFailure) {
        let start = at
        let found = try head(Major.array, "an array")
        guard found == UInt64(count) else {
            throw CCFFailure(start, "an array of \(count) was expected, it has \(found)")
        }
    }

    @inline(__always)
    mutating func tag() throws(CCFFailure) -> UInt64 { try head(Major.tag, "a tag") }

    @inline(__always)
    mutating func bytes() throws(CCFFailure) -> UnsafeRawBufferPointer {
        try content(try head(Major.bytes, "a byte string"))
    }

    /// The bytes of a text, which are valid UTF-8.
    @inline(__always)
    mutating func textBytes() throws(CCFFailure) -> UnsafeRawBufferPointer {
        let start = at
        let content = try content(try head(Major.text, "a text"))
        guard UTF8Check.isValid(content) else { throw CCFFailure(start, "the text is no valid UTF-8") }
        return content
    }

    @inline(__always)
    mutating func text() throws(CCFFailure) -> String {
        String(decoding: try textBytes(), as: UTF8.self)
    }

    @inline(__always)
    private mutating func content(_ length: UInt64) throws(CCFFailure) -> UnsafeRawBufferPointer {
        guard length <= UInt64(end &- at) else { throw CBORReader.early(end) }
        let content = UnsafeRawBufferPointer(start: base + at, count: Int(truncatingIfNeeded: length))
        at &+= content.count
        return content
    }

    @inline(__always)
    mutating func null() throws(CCFFailure) {
        guard at < end else { throw CBORReader.early(at) }
        guard isNil else { throw CBORReader.unexpected(at, "null") }
        at &+= 1
    }

    mutating func bool() throws(CCFFailure) -> Bool {
        switch next {
        case 0xF4, 0xF5:
            at &+= 1
            return base.load(fromByteOffset: at &- 1, as: UInt8.self) == 0xF5
        case nil: throw CBORReader.early(at)
        default: throw CBORReader.unexpected(at, "true or false")
        }
    }

    /// A bignum. Small numbers are bignums too; leading zeros are fine.
    mutating func bigInt() throws(CCFFailure) -> BigInt {
        let start = at
        guard let initial = next else { throw CBORReader.early(at) }
        guard initial == 0xC2 || initial == 0xC3 else { throw CBORReader.unexpected(at, "a bignum") }
        at &+= 1
        guard let magnitude = BigInt(bigEndianMagnitude: try bytes()) else {
            throw CCFFailure(start, "the number has more than \(BigInt.maximumBits) bits", isLimit: true)
        }
        return initial == 0xC2 ? magnitude : BigInt(magnitude: magnitude.magnitudePlusOne, isNegative: true)
    }

    /// Steps over one item and all that is in it, without recursion.
    mutating func skip() throws(CCFFailure) {
        var pending = 1
        while pending > 0 {
            guard at < end else { throw CBORReader.early(at) }
            pending &-= 1
            let initial = base.load(fromByteOffset: at, as: UInt8.self)
            let information = initial & 31
            let argument: UInt64
            if information < 24 {
                at &+= 1
                argument = UInt64(information)
            } else {
                argument = try longArgument(information)
            }
            switch initial >> 5 {
            case 0, 1: break
            case 2, 3: _ = try content(argument)
            case 4, 5:
                guard argument <= UInt64(end &- at) else { throw CBORReader.early(end) }
                pending &+= Int(truncatingIfNeeded: argument) &<< (initial >> 5 == 5 ? 1 : 0)
                guard pending <= end &- at else { throw CBORReader.early(end) }
            case 6: pending &+= 1
            default:
                if information == 24, argument < 32 {
                    throw CCFFailure(at, "no CBOR simple value has the number \(argument)")
                }
            }
        }
    }

    @inline(never)
    static func early(_ offset: Int) -> CCFFailure { CCFFailure(offset, "the bytes end early") }

    @inline(never)
    static func unexpected(_ offset: Int, _ what: StaticString) -> CCFFailure {
        CCFFailure(offset, "\(what) was expected")
    }
}
