import Encoding
import Signer

/// Every ECDSA signature has a twin, with order − s in place of s: some recorded clients sent that one.
enum OtherS {
    private static let orders: [SignatureAlgorithm: [UInt8]] = [
        .ecdsaP256: Hex.decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")!,
        .ecdsaSecp256k1: Hex.decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")!,
    ]

    /// r ‖ order − s
    static func of(_ signature: [UInt8], _ algorithm: SignatureAlgorithm) -> [UInt8] {
        signature[..<32] + negated(signature[32...], algorithm)
    }

    static func isHigh(_ signature: [UInt8], _ algorithm: SignatureAlgorithm) -> Bool {
        negated(signature[32...], algorithm).lexicographicallyPrecedes(signature[32...])
    }

    private static func negated(_ s: ArraySlice<UInt8>, _ algorithm: SignatureAlgorithm) -> [UInt8] {
        guard var result = orders[algorithm] else { return Array(s) }
        var borrow = 0
        for index in stride(from: 31, through: 0, by: -1) {
            let difference = Int(result[index]) - Int(s[s.startIndex + index]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[index] = UInt8(difference + borrow * 256)
        }
        return result
    }
}
