extension BigInt: CustomStringConvertible {
    /// Reads an optional sign and at least one decimal digit; leading zeros are fine, nothing else is.
    /// Nil where the text is something else, or longer than 19,729 digits after its zeros.
    public init?(decimal text: some StringProtocol) {
        var text = String(text)
        guard let value = text.withUTF8({ BigInt(decimal: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = value
    }

    init?(decimal text: UnsafeRawBufferPointer) {
        var digits = text[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        digits = digits.drop { $0 == 0x30 }
        guard digits.count <= BigInt.maximumDigits else { return nil }

        // Nineteen digits at a time: the most that a word holds.
        var words: [UInt64] = []
        words.reserveCapacity(digits.count / 19 + 1)
        var at = digits.startIndex
        var take = digits.count % 19
        if take == 0 { take = 19 }
        while at < digits.endIndex {
            var chunk: UInt64 = 0
            for digit in digits[at..<at + take] { chunk = chunk * 10 + UInt64(digit - 0x30) }
            var carry = chunk
            for index in words.indices {
                let product = words[index].multipliedFullWidth(by: 10_000_000_000_000_000_000)
                let (low, overflow) = product.low.addingReportingOverflow(carry)
                words[index] = low
                carry = product.high &+ (overflow ? 1 : 0)
            }
            if carry != 0 { words.append(carry) }
            at += take
            take = 19
        }
        self.init(magnitude: words, isNegative: isNegative)
    }

    /// Decimal, as JSON-CDC writes it.
    public var description: String {
        guard magnitude.count > 1 else { return (isNegative ? "-" : "") + String(magnitude.first ?? 0) }
        var words = magnitude
        var chunks: [UInt64] = []
        while !words.isEmpty {
            var remainder: UInt64 = 0
            for index in words.indices.reversed() {
                let division = UInt64(10_000_000_000_000_000_000).dividingFullWidth((remainder, words[index]))
                words[index] = division.quotient
                remainder = division.remainder
            }
            chunks.append(remainder)
            while words.last == 0 { words.removeLast() }
        }
        var text = isNegative ? "-" : ""
        for (at, chunk) in chunks.reversed().enumerated() {
            let digits = String(chunk)
            if at > 0 { text += String(repeating: "0", count: 19 - digits.count) }
            text += digits
        }
        return text
    }
}
