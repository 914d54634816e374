import CCrypto

/// Hashing for ids. What is signed is hashed by the signer, with the hash of its key.
public enum SHA3 {
    // Fetched once: a fetch by name costs more than the hash of a small message. OpenSSL never frees or changes it.
    nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "SHA3-256", nil)

    public static func hash256(_ bytes: [UInt8]) -> Identifier {
        bytes.withUnsafeBytes { hash256($0) }
    }

    public static func hash256(_ bytes: UnsafeRawBufferPointer) -> Identifier {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { digest in
            let done = EVP_Digest(
                bytes.baseAddress, bytes.count, digest.baseAddress!.assumingMemoryBound(to: UInt8.self), nil, algorithm,
                nil)
            precondition(done == 1, "libcrypto could not hash with SHA3-256")
        }
        return Identifier(words: (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian))
    }
}
