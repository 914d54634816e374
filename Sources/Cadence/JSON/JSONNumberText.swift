/// Integers as JSON-CDC writes them: decimal texts, read as Go's strconv and math/big read them.
enum JSONNumberText {
    /// Digits only, at least one; leading zeros are fine.
    @inline(__always)
    static func unsigned<T: FixedWidthInteger & UnsignedInteger>(
        _ text: UnsafeRawBufferPointer, as type: T.Type = T.self
    ) -> T? {
        guard text.count > 0 else { return nil }
        var value: UInt64 = 0
        if text.count < 20 {
            for byte in text {
                let digit = byte &- 0x30
                guard digit < 10 else { return nil }
                value = value &* 10 &+ UInt64(digit)
            }
        } else {
            for byte in text {
                let digit = byte &- 0x30
                guard digit < 10 else { return nil }
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, more) = product.addingReportingOverflow(UInt64(digit))
                if overflow || more { return nil }
                value = sum
            }
        }
        return T(exactly: value)
    }

    /// An optional sign and digits.
    static func signed<T: FixedWidthInteger & SignedInteger>(_ text: UnsafeRawBufferPointer, as type: T.Type = T.self)
        -> T?
    {
        guard let first = text.first else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let digits =
            isNegative || first == UInt8(ascii: "+") ? UnsafeRawBufferPointer(rebasing: text.dropFirst()) : text
        guard let magnitude = unsigned(digits, as: UInt64.self) else { return nil }
        if isNegative {
            guard magnitude <= UInt64(1) << 63 else { return nil }
            return T(exactly: Int64(truncatingIfNeeded: 0 &- magnitude))
        }
        return T(exactly: magnitude)
    }
}
