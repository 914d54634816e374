import CCrypto
public import Secrets

/// A private key with its chain code: BIP-32 for secp256k1 and SLIP-0010 for both curves, which agree on secp256k1 except
/// that SLIP-0010 tries again where BIP-32 gives up (one chance in 2¹²⁷ there, one in 2³² on P-256).
public struct ExtendedPrivateKey: Sendable {
    public let key: PrivateKey
    let chainCode: SecretBytes

    /// The master key of a seed of 16 to 64 bytes.
    public init(seed: SecretBytes, algorithm: SignatureAlgorithm) throws(SignerError) {
        guard (16...64).contains(seed.count) else {
            throw SignerError(.malformed, "a seed has 16 to 64 bytes, this has \(seed.count)")
        }
        let salt = Array((algorithm == .ecdsaP256 ? "Nist256p1 seed" : "Bitcoin seed").utf8)
        var material = seed
        while true {
            material = material.withUnsafeBytes { seed in
                salt.withUnsafeBytes { hmacSHA512(key: $0) { $0(seed) } }
            }
            let (left, right) = halves(of: material)
            if let key = try? PrivateKey(algorithm: algorithm, scalar: left) {
                self.key = key
                chainCode = right
                return
            }
        }
    }

    private init(key: PrivateKey, chainCode: SecretBytes) {
        self.key = key
        self.chainCode = chainCode
    }

    public func derived(by path: DerivationPath) -> ExtendedPrivateKey {
        path.steps.reduce(self) { $0.child($1) }
    }

    public func child(_ step: DerivationPath.Step) -> ExtendedPrivateKey {
        var material = step.isHardened ? hardenedMaterial(step) : childMaterial(of: key.publicKey, chainCode, step)
        while true {
            let (left, right) = halves(of: material)
            if let key = adding(left) { return ExtendedPrivateKey(key: key, chainCode: right) }
            material = retryMaterial(right, chainCode, step)
        }
    }

    /// What derives the same public keys for steps that are not hardened, without the private key.
    public var publicKey: ExtendedPublicKey { ExtendedPublicKey(key: key.publicKey, chainCode: chainCode) }

    private func hardenedMaterial(_ step: DerivationPath.Step) -> SecretBytes {
        chainCode.withUnsafeBytes { code in
            hmacSHA512(key: code) { feed in
                withUnsafeBytes(of: UInt8(0)) { feed($0) }
                key.withScalar { feed(UnsafeRawBufferPointer(start: $0, count: 32)) }
                withUnsafeBytes(of: step.index.bigEndian) { feed($0) }
            }
        }
    }

    /// The parent's scalar plus the tweak; nil where that is no key.
    private func adding(_ tweak: SecretBytes) -> PrivateKey? {
        var isKey = false
        let sum = SecretBytes(count: 32) { out in
            let sum = out.baseAddress!.assumingMemoryBound(to: UInt8.self)
            key.withScalar { sum.update(from: $0, count: 32) }
            isKey = tweak.withPointer { tweak in
                switch key.algorithm {
                case .ecdsaP256: P256.add(tweak: tweak, to: sum)
                case .ecdsaSecp256k1: Secp256k1.add(tweak: tweak, to: sum)
                }
            }
        }
        return isKey ? try? PrivateKey(algorithm: key.algorithm, scalar: sum) : nil
    }
}

/// A public key with its chain code: derives further public keys, for example one a tenant, where no private key is.
public struct ExtendedPublicKey: Sendable {
    public let key: PublicKey
    let chainCode: SecretBytes

    /// Nil for a hardened step, which needs the private key.
    public func child(_ step: DerivationPath.Step) -> ExtendedPublicKey? {
        guard !step.isHardened else { return nil }
        var material = childMaterial(of: key, chainCode, step)
        while true {
            let (left, right) = halves(of: material)
            if let child = key.adding(tweak: left.withUnsafeBytes { Array($0) }) {
                return ExtendedPublicKey(key: child, chainCode: right)
            }
            material = retryMaterial(right, chainCode, step)
        }
    }
}

private func childMaterial(of key: PublicKey, _ chainCode: SecretBytes, _ step: DerivationPath.Step) -> SecretBytes {
    chainCode.withUnsafeBytes { code in
        hmacSHA512(key: code) { feed in
            key.compressed.withUnsafeBytes { feed($0) }
            withUnsafeBytes(of: step.index.bigEndian) { feed($0) }
        }
    }
}

/// SLIP-0010: where the left half is no key, the right half is hashed on.
private func retryMaterial(_ right: SecretBytes, _ chainCode: SecretBytes, _ step: DerivationPath.Step) -> SecretBytes {
    chainCode.withUnsafeBytes { code in
        hmacSHA512(key: code) { feed in
            withUnsafeBytes(of: UInt8(1)) { feed($0) }
            right.withUnsafeBytes { feed($0) }
            withUnsafeBytes(of: step.index.bigEndian) { feed($0) }
        }
    }
}

private func halves(of material: SecretBytes) -> (SecretBytes, SecretBytes) {
    material.withUnsafeBytes { bytes in
        (
            SecretBytes(count: 32) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<32])) },
            SecretBytes(count: 32) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[32...])) }
        )
    }
}

/// HMAC-SHA-512 of what is fed; the message is gathered in secret memory, for it may hold a scalar.
private func hmacSHA512(
    key: UnsafeRawBufferPointer, _ gather: ((UnsafeRawBufferPointer) -> Void) -> Void
) -> SecretBytes {
    var used = 0
    let message = SecretBytes(count: 128) { out in
        gather { piece in
            UnsafeMutableRawBufferPointer(rebasing: out[used...]).copyMemory(from: piece)
            used += piece.count
        }
    }
    return SecretBytes(count: 64) { out in
        message.withPointer { message in
            let done = HMAC(
                EVP_sha512(), key.baseAddress, Int32(key.count), message, used,
                out.baseAddress!.assumingMemoryBound(to: UInt8.self), nil)
            precondition(done != nil, "libcrypto could not compute an HMAC")
        }
    }
}
