/// What wslay 1.1 leaves to us. A client masks every frame and a server none (RFC 6455, section 5.1). A message over the
/// limit is refused when the header of a frame announces it, not when so much has come. Headers are followed here;
/// payloads are passed over.
struct FrameRules {
    struct Violation: Equatable {
        /// Where the frame begins in the bytes that were looked at; 0 where it began before them.
        var offset: Int
        /// What the peer is told (RFC 6455, section 7.4.1).
        var code: UInt16
    }

    let mustBeMasked: Bool
    let maximumMessageBytes: UInt64
    private var header: [UInt8] = []
    /// Of mask and payload, still to come.
    private var rest: UInt64 = 0
    /// What the frames of the message have announced so far.
    private var announced: UInt64 = 0

    init(mustBeMasked: Bool, maximumMessageBytes: Int) {
        self.mustBeMasked = mustBeMasked
        self.maximumMessageBytes = UInt64(maximumMessageBytes)
    }

    /// The first frame that breaks a rule; nothing is looked at behind it.
    mutating func violation(in bytes: UnsafeRawBufferPointer) -> Violation? {
        var at = 0
        var start = 0
        while at < bytes.count {
            if rest > 0 {
                let passed = min(rest, UInt64(bytes.count - at))
                at += Int(passed)
                rest -= passed
                continue
            }
            if header.isEmpty { start = at }
            header.append(bytes[at])
            at += 1
            guard header.count >= 2 else { continue }
            let isMasked = header[1] & 0x80 != 0
            guard isMasked == mustBeMasked else { return Violation(offset: start, code: 1002) }
            let short = header[1] & 0x7F
            let extended = short == 126 ? 2 : short == 127 ? 8 : 0
            guard header.count == 2 + extended else { continue }
            let length = extended == 0 ? UInt64(short) : header.dropFirst(2).reduce(0) { $0 << 8 | UInt64($1) }
            if let code = refusal(of: length) { return Violation(offset: start, code: code) }
            rest = length + (isMasked ? 4 : 0)
            header = []
        }
        return nil
    }

    /// Of a frame of so many bytes, whose header is whole.
    private mutating func refusal(of length: UInt64) -> UInt16? {
        guard length < 1 << 63 else { return 1002 }
        let (opcode, isLast) = (header[0] & 0x0F, header[0] & 0x80 != 0)
        // Control frames stand between those of a message, and have rules of their own (section 5.5). wslay knows them,
        // but says good-bye without a code.
        guard opcode < 8 else { return length <= 125 && isLast ? nil : 1002 }
        // 0 goes on with what was begun.
        let total = (opcode == 0 ? announced : 0) + length
        announced = isLast ? 0 : total
        return total > maximumMessageBytes ? 1009 : nil
    }
}
