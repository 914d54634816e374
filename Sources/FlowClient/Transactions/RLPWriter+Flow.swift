import Cadence
import Encoding

extension RLPWriter {
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
}
