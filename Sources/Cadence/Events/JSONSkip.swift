/// Steps over JSON that nobody reads, as fast as its ends can be found.
enum JSONSkip {
    /// From inside a string to its closing quote.
    @inline(__always)
    static func string(
        _ base: UnsafeRawPointer, _ at: inout Int, _ end: Int, _ needsDecoding: inout Bool
    ) throws(JSONTape.Failure) {
        while true {
            while at &+ 8 <= end {
                let special = JSONTape.special(in: (base + at).loadUnaligned(as: UInt64.self))
                if special != 0 {
                    at &+= special.trailingZeroBitCount &>> 3
                    break
                }
                at &+= 8
            }
            guard at < end else { throw JSONTape.Failure(reason: "the string does not end", offset: at) }
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            if byte == UInt8(ascii: "\"") { return }
            try rare(byte, base, &at, end, &needsDecoding)
        }
    }

    @inline(never)
    private static func rare(
        _ byte: UInt8, _ base: UnsafeRawPointer, _ at: inout Int, _ end: Int, _ needsDecoding: inout Bool
    ) throws(JSONTape.Failure) {
        switch byte {
        case UInt8(ascii: "\\"):
            needsDecoding = true
            try JSONTape.escape(base.assumingMemoryBound(to: UInt8.self), &at, end)
        case 0..<0x20: throw JSONTape.Failure(reason: "a control character in a string", offset: at)
        default:
            if byte >= 0x80 { needsDecoding = true }
            at &+= 1
        }
    }

    @inline(__always)
    static func bool(_ base: UnsafeRawPointer, _ at: inout Int, _ end: Int) -> Bool {
        guard at &+ 4 <= end else { return false }
        let word = UInt32(littleEndian: (base + at).loadUnaligned(as: UInt32.self))
        if word == 0x6575_7274 {
            at &+= 4
            return true
        }
        guard word == 0x736C_6166, at &+ 5 <= end,
            base.load(fromByteOffset: at &+ 4, as: UInt8.self) == UInt8(ascii: "e")
        else { return false }
        at &+= 5
        return true
    }

    /// From an opening brace to behind the brace that closes it. False where there is no brace.
    static func object(_ base: UnsafeRawPointer, _ at: inout Int, _ end: Int) throws(JSONTape.Failure) -> Bool {
        guard at < end, base.load(fromByteOffset: at, as: UInt8.self) == UInt8(ascii: "{") else { return false }
        let start = at
        var depth = 0
        while at < end {
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            at &+= 1
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth &-= 1
                if depth == 0 { return true }
            case UInt8(ascii: "\""):
                var needsDecoding = false
                try string(base, &at, end, &needsDecoding)
                at &+= 1
            default: break
            }
        }
        throw JSONTape.Failure(reason: "the object does not end", offset: start)
    }
}
