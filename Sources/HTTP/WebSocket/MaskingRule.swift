/// A client masks every frame and a server none (RFC 6455, section 5.1). wslay 1.1 takes either from either, so the
/// headers are followed here; payloads are passed over.
struct MaskingRule {
    let mustBeMasked: Bool
    private var header: [UInt8] = []
    /// Of mask and payload, still to come.
    private var rest: UInt64 = 0

    init(mustBeMasked: Bool) { self.mustBeMasked = mustBeMasked }

    /// False at the first frame that breaks it.
    mutating func holds(for bytes: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < bytes.count {
            if rest > 0 {
                let passed = min(rest, UInt64(bytes.count - at))
                at += Int(passed)
                rest -= passed
                continue
            }
            header.append(bytes[at])
            at += 1
            guard header.count >= 2 else { continue }
            let isMasked = header[1] & 0x80 != 0
            guard isMasked == mustBeMasked else { return false }
            let short = header[1] & 0x7F
            let extended = short == 126 ? 2 : short == 127 ? 8 : 0
            guard header.count == 2 + extended else { continue }
            let length = extended == 0 ? UInt64(short) : header.dropFirst(2).reduce(0) { $0 << 8 | UInt64($1) }
            rest = length &+ (isMasked ? 4 : 0)
            header = []
        }
        return true
    }
}
