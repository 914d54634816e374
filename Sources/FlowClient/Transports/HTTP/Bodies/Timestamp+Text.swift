import Encoding

extension Timestamp {
    /// RFC 3339, as Go writes it: `2026-11-21T23:49:02.182Z`, up to nine decimals, an offset instead of Z allowed. Nil
    /// where it is not that.
    init?(rfc3339 text: UnsafeBufferPointer<UInt8>) {
        // Go's T and Z are capitals.
        guard !text.contains(where: { $0 == 0x20 || $0 == UInt8(ascii: "t") || $0 == UInt8(ascii: "z") }),
            let instant = RFC3339.Instant(utf8: text)
        else { return nil }
        self.init(seconds: instant.seconds, nanoseconds: instant.nanoseconds)
    }
}
