import CCrypto

/// A hash that is fed piece by piece. Finishing it ends its life.
public struct StreamingHash: ~Copyable {
    private let context: OpaquePointer

    public init(_ algorithm: HashAlgorithm) {
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        self.context = context
        precondition(
            EVP_DigestInit_ex2(context, algorithm.evp, nil) == 1, "libcrypto could not start \(algorithm.rawValue)")
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "libcrypto could not hash")
    }

    public consuming func finalize() -> Digest {
        let context = context
        return Digest { precondition(EVP_DigestFinal_ex(context, $0, nil) == 1, "libcrypto could not hash") }
    }
}
