import CCrypto
import Encoding

/// 32 bytes that a hash made: the only thing that is ever signed.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    // As they lie in memory: what these words hold byte by byte is the digest.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Nil unless there are exactly 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    init(filling body: (UnsafeMutablePointer<UInt8>) -> Void) {
        withUnsafeMutableBytes(of: &words) { body($0.baseAddress!.assumingMemoryBound(to: UInt8.self)) }
    }

    public static func sha2_256(_ bytes: [UInt8]) -> Digest { hash(bytes, with: .sha2_256) }
    public static func sha3_256(_ bytes: [UInt8]) -> Digest { hash(bytes, with: .sha3_256) }

    public static func hash(_ bytes: [UInt8], with algorithm: HashAlgorithm) -> Digest {
        bytes.withUnsafeBytes { hash($0, with: algorithm) }
    }

    public static func hash(_ bytes: UnsafeRawBufferPointer, with algorithm: HashAlgorithm) -> Digest {
        Digest { out in
            let done = EVP_Digest(bytes.baseAddress, bytes.count, out, nil, algorithm.evp, nil)
            precondition(done == 1, "libcrypto could not hash with \(algorithm.rawValue)")
        }
    }

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try Swift.withUnsafeBytes(of: words, body)
    }

    public var description: String { Hex.encode(bytes) }

    public static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension HashAlgorithm {
    // Fetched once: a fetch by name costs more than hashing a small message. An EVP_MD is immutable and counted
    // atomically, so all threads may share it; these two are never freed.
    nonisolated(unsafe) private static let sha2 = EVP_MD_fetch(nil, "SHA2-256", nil)
    nonisolated(unsafe) private static let sha3 = EVP_MD_fetch(nil, "SHA3-256", nil)

    var evp: OpaquePointer? {
        switch self {
        case .sha2_256: Self.sha2
        case .sha3_256: Self.sha3
        }
    }
}
