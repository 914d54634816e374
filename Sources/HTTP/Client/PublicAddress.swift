import Glibc

/// Which addresses of the internet are anybody's: not loopback, not a private or local network, not one set apart for
/// something special (IANA's special-purpose registries, RFC 6890).
package enum PublicAddress {
    static func isPublic(family: CInt, socketAddress: UnsafeRawBufferPointer) -> Bool {
        switch family {
        case AF_INET where socketAddress.count >= MemoryLayout<sockaddr_in>.size:
            return isPublic(v4: Array(socketAddress[4..<8]))
        case AF_INET6 where socketAddress.count >= MemoryLayout<sockaddr_in6>.size:
            return isPublic(v6: Array(socketAddress[8..<24]))
        default: return false
        }
    }

    package static func isPublic(v4 bytes: [UInt8]) -> Bool {
        guard bytes.count == 4 else { return false }
        return !special4.contains { network, length in matches(bytes, network, length) }
    }

    /// Global unicast alone, and of that nothing that leads to an IPv4 address by another name.
    package static func isPublic(v6 bytes: [UInt8]) -> Bool {
        guard bytes.count == 16, matches(bytes, [0x20], 3) else { return false }
        return !special6.contains { network, length in matches(bytes, network, length) }
    }

    private static let special4: [([UInt8], Int)] = [
        ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12), ([192, 0, 0], 24),
        ([192, 0, 2], 24), ([192, 88, 99], 24), ([192, 168], 16), ([198, 18], 15), ([198, 51, 100], 24),
        ([203, 0, 113], 24), ([224], 4), ([240], 4),
    ]
    /// Protocol assignments with Teredo among them, documentation, 6to4.
    private static let special6: [([UInt8], Int)] = [
        ([0x20, 0x01, 0x00], 23), ([0x20, 0x01, 0x0d, 0xb8], 32), ([0x20, 0x02], 16), ([0x3f, 0xff, 0x00], 20),
    ]

    private static func matches(_ bytes: [UInt8], _ network: [UInt8], _ length: Int) -> Bool {
        for bit in 0..<length {
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            let wanted = bit / 8 < network.count ? network[bit / 8] : 0
            if bytes[bit / 8] & mask != wanted & mask { return false }
        }
        return true
    }
}
