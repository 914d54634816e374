/// 1/x modulo an odd number of 256 bits, in variable time: only for numbers that tell nothing, such as a secret that was
/// multiplied by a random number. libcrypto's own inverse takes longer than the rest of a signature, and the power that is one
/// (`BN_mod_exp_mont_consttime`) was measured: 82 % of libcrypto's own signatures, with this 95 % and more (`make bench`).
///
/// Kaliski's "almost inverse": what comes out is x⁻¹·2ᵏ with k between 256 and 512 for the caller to take off.
enum BlindedInverse {
    struct Result {
        var words: Words
        var k: Int
    }

    /// Little-endian; the fifth word holds the one bit by which intermediate values exceed 256.
    struct Words: Equatable {
        var w0: UInt64 = 0, w1: UInt64 = 0, w2: UInt64 = 0, w3: UInt64 = 0, w4: UInt64 = 0

        var isZero: Bool { w0 | w1 | w2 | w3 | w4 == 0 }

        static func < (a: Words, b: Words) -> Bool {
            if a.w4 != b.w4 { return a.w4 < b.w4 }
            if a.w3 != b.w3 { return a.w3 < b.w3 }
            if a.w2 != b.w2 { return a.w2 < b.w2 }
            if a.w1 != b.w1 { return a.w1 < b.w1 }
            return a.w0 < b.w0
        }

        @inline(__always)
        mutating func add(_ other: Words) {
            var carry = UInt64(0)
            (w0, carry) = Self.sum(w0, other.w0, carry)
            (w1, carry) = Self.sum(w1, other.w1, carry)
            (w2, carry) = Self.sum(w2, other.w2, carry)
            (w3, carry) = Self.sum(w3, other.w3, carry)
            (w4, _) = Self.sum(w4, other.w4, carry)
        }

        @inline(__always)
        mutating func subtract(_ other: Words) {
            var borrow = UInt64(0)
            (w0, borrow) = Self.difference(w0, other.w0, borrow)
            (w1, borrow) = Self.difference(w1, other.w1, borrow)
            (w2, borrow) = Self.difference(w2, other.w2, borrow)
            (w3, borrow) = Self.difference(w3, other.w3, borrow)
            (w4, _) = Self.difference(w4, other.w4, borrow)
        }

        /// By 1…63 bits.
        @inline(__always)
        mutating func shiftRight(_ n: UInt64) {
            let m = 64 &- n
            w0 = w0 &>> n | w1 &<< m
            w1 = w1 &>> n | w2 &<< m
            w2 = w2 &>> n | w3 &<< m
            w3 = w3 &>> n | w4 &<< m
            w4 = w4 &>> n
        }

        /// By 1…63 bits.
        @inline(__always)
        mutating func shiftLeft(_ n: UInt64) {
            let m = 64 &- n
            w4 = w4 &<< n | w3 &>> m
            w3 = w3 &<< n | w2 &>> m
            w2 = w2 &<< n | w1 &>> m
            w1 = w1 &<< n | w0 &>> m
            w0 = w0 &<< n
        }

        @inline(__always)
        private static func sum(_ a: UInt64, _ b: UInt64, _ carry: UInt64) -> (UInt64, UInt64) {
            let (partial, first) = a.addingReportingOverflow(b)
            let (total, second) = partial.addingReportingOverflow(carry)
            return (total, (first ? 1 : 0) | (second ? 1 : 0))
        }

        @inline(__always)
        private static func difference(_ a: UInt64, _ b: UInt64, _ borrow: UInt64) -> (UInt64, UInt64) {
            let (partial, first) = a.subtractingReportingOverflow(b)
            let (total, second) = partial.subtractingReportingOverflow(borrow)
            return (total, (first ? 1 : 0) | (second ? 1 : 0))
        }
    }

    /// Nil for 0, which has no inverse. `x` is below the modulus, and the modulus is odd and prime.
    static func almostInverse(of x: Words, modulo modulus: Words) -> Result? {
        guard !x.isZero else { return nil }
        // Invariants: x·r ≡ −u·2ᵏ and x·s ≡ v·2ᵏ; u stays odd, and both sums stay below twice the modulus.
        var u = modulus
        var v = x
        var r = Words()
        var s = Words(w0: 1)
        var k = 0
        halve(&v, &r, &k)
        while true {
            if v < u {
                u.subtract(v)
                r.add(s)
                halve(&u, &s, &k)
            } else {
                v.subtract(u)
                s.add(r)
                if v.isZero { break }
                halve(&v, &r, &k)
            }
        }
        // v reached 0 where u = 1: the last halving is k's own.
        r.shiftLeft(1)
        k += 1
        if !(r < modulus) { r.subtract(modulus) }
        var result = modulus
        result.subtract(r)
        return Result(words: result, k: k)
    }

    @inline(__always)
    private static func halve(_ even: inout Words, _ other: inout Words, _ k: inout Int) {
        while even.w0 & 1 == 0 {
            let zeros = even.w0 == 0 ? 63 : even.w0.trailingZeroBitCount
            even.shiftRight(UInt64(zeros))
            other.shiftLeft(UInt64(zeros))
            k += zeros
        }
    }
}
