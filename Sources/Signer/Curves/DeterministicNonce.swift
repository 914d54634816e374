import CCrypto

/// RFC 6979, section 3.2, with HMAC-SHA-256 for a group whose order has 256 bits: the nonces of a key and a digest.
/// libcrypto learnt this in 3.2; Debian 12 has 3.0. All state lies in memory that is lent, and wiped by its owner, so
/// that nothing of it is left on a stack.
struct DeterministicNonce {
    static let stateBytes = 192 + MemoryLayout<SHA256_CTX>.size

    // K, V, the candidate, one HMAC block, SHA-256's own state.
    private let key: UnsafeMutablePointer<UInt8>
    private let value: UnsafeMutablePointer<UInt8>
    private let pad: UnsafeMutablePointer<UInt8>
    private let context: UnsafeMutablePointer<SHA256_CTX>
    private var isFirst = true

    /// Points to the last candidate, 32 bytes.
    let candidate: UnsafeMutablePointer<UInt8>

    /// `state` is 8-aligned and has `stateBytes`; `digest` is the digest modulo the order.
    init(state: UnsafeMutableRawPointer, scalar: UnsafePointer<UInt8>, reducedDigest digest: UnsafePointer<UInt8>) {
        key = state.assumingMemoryBound(to: UInt8.self)
        value = key + 32
        candidate = key + 64
        pad = key + 128
        context = (state + 192).assumingMemoryBound(to: SHA256_CTX.self)
        key.update(repeating: 0, count: 32)
        value.update(repeating: 1, count: 32)
        for separator in [0, 1] as [UInt8] {
            hmac(into: key) {
                SHA256_Update(context, value, 32)
                feed(separator)
                SHA256_Update(context, scalar, 32)
                SHA256_Update(context, digest, 32)
            }
            step()
        }
    }

    /// Makes the next candidate; it is for the caller to refuse zero and what is not below the order.
    mutating func next() {
        if !isFirst {
            hmac(into: key) {
                SHA256_Update(context, value, 32)
                feed(0)
            }
            step()
        }
        isFirst = false
        step()
        candidate.update(from: value, count: 32)
    }

    /// V = HMAC(K, V)
    private func step() {
        hmac(into: value) { SHA256_Update(context, value, 32) }
    }

    private func feed(_ byte: UInt8) {
        var byte = byte
        SHA256_Update(context, &byte, 1)
    }

    /// HMAC of what is fed, under K. `out` may be K or V: both have been read by then.
    private func hmac(into out: UnsafeMutablePointer<UInt8>, _ feedAll: () -> Void) {
        start(0x36)
        feedAll()
        SHA256_Final(pad + 32, context)
        candidate.update(from: pad + 32, count: 32)
        start(0x5c)
        SHA256_Update(context, candidate, 32)
        SHA256_Final(out, context)
    }

    /// Starts SHA-256 with K, padded with zeros to a block, each byte combined with `byte`.
    private func start(_ byte: UInt8) {
        for index in 0..<32 { pad[index] = key[index] ^ byte }
        (pad + 32).update(repeating: byte, count: 32)
        SHA256_Init(context)
        SHA256_Update(context, pad, 64)
    }
}
