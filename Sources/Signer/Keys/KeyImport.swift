import CCrypto
import Encoding
public import Secrets

extension PrivateKey {
    /// Reads a private key in any of its usual forms: 64 hex digits (with or without 0x), or PEM or DER of SEC1 or PKCS#8,
    /// encrypted too. Hex does not name its curve, so `algorithm` must; where the others contradict it, that is refused.
    /// Public keys and other curves are `unsupported`, anything else `malformed`.
    public static func importing(
        _ source: SecretBytes, algorithm: SignatureAlgorithm? = nil, passphrase: SecretBytes? = nil
    ) throws(SignerError) -> PrivateKey {
        let first = source.withUnsafeBytes { $0.first { !(9...13).contains($0) && $0 != 0x20 } }
        switch first {
        case UInt8(ascii: "-"):
            return try encoded(source, algorithm, passphrase, isPEM: true)
        case 0x30 where source.withUnsafeBytes({ $0.contains { $0 >= 0x80 || ($0 < 0x20 && !(9...13).contains($0)) } }):
            return try encoded(source, algorithm, passphrase, isPEM: false)
        default:
            guard let algorithm else {
                throw SignerError(
                    .malformed,
                    "a private key in hexadecimal does not say its curve: name ECDSA_P256 or ECDSA_secp256k1")
            }
            return try PrivateKey(algorithm: algorithm, scalar: try scalar(hexadecimal: source))
        }
    }

    /// The 32 bytes of 64 hex digits, with or without 0x and blanks around.
    package static func scalar(hexadecimal text: SecretBytes) throws(SignerError) -> SecretBytes {
        var problem: SignerError?
        let scalar = SecretBytes(count: 32) { out in
            text.withUnsafeBytes { text in
                var digits = text[...]
                let isSpace = { (byte: UInt8) in byte == 0x20 || (9...13).contains(byte) }
                while let last = digits.last, isSpace(last) { digits.removeLast() }
                while let first = digits.first, isSpace(first) { digits.removeFirst() }
                if digits.starts(with: "0x".utf8) { digits.removeFirst(2) }
                guard digits.count == 64 else {
                    problem = SignerError(
                        .malformed, "a private key has 64 hex digits, this has \(digits.count) characters")
                    return
                }
                for (place, byte) in digits.enumerated() {
                    guard let digit = Hex.value(of: byte) else {
                        problem = SignerError(.malformed, "character \(place + 1) of the private key is no hex digit")
                        return
                    }
                    out[place / 2] = out[place / 2] << 4 | digit
                }
            }
        }
        if let problem { throw problem }
        return scalar
    }

    private static func encoded(
        _ source: SecretBytes, _ algorithm: SignatureAlgorithm?, _ passphrase: SecretBytes?, isPEM: Bool
    ) throws(SignerError) -> PrivateKey {
        defer { ERR_clear_error() }
        guard let key = withExtendedLifetime(passphrase, { read(source, passphrase, isPEM: isPEM) }) else {
            throw SignerError(
                .malformed,
                passphrase == nil
                    ? "no private key can be read from it (an encrypted one needs its passphrase)"
                    : "no private key can be read from it, or the passphrase is wrong")
        }
        defer { EVP_PKEY_free(key) }
        let found = try curve(of: key)
        if let algorithm, algorithm != found {
            throw SignerError(.unsupported, "the key is on \(found.curveName), not on \(algorithm.curveName)")
        }
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1, let number else {
            throw SignerError(.unsupported, "it holds a public key only")
        }
        defer { BN_clear_free(number) }
        var written: Int32 = 0
        let scalar = SecretBytes(count: 32) {
            written = BN_bn2binpad(number, $0.baseAddress!.assumingMemoryBound(to: UInt8.self), 32)
        }
        guard written == 32 else {
            throw SignerError(.scalarOutOfRange, "the private key is not below the order of \(found.curveName)")
        }
        return try PrivateKey(algorithm: found, scalar: scalar)
    }

    private static func read(_ source: SecretBytes, _ passphrase: SecretBytes?, isPEM: Bool) -> OpaquePointer? {
        source.withUnsafeBytes { bytes -> OpaquePointer? in
            if !isPEM {
                var cursor: UnsafePointer<UInt8>? = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
                if let key = d2i_AutoPrivateKey(nil, &cursor, bytes.count) { return key }
            }
            guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { BIO_free(input) }
            // Without a callback of ours, libcrypto would ask on the terminal.
            let answer: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 =
                {
                    out, capacity, _, passphrase in
                    guard let passphrase, let out else { return -1 }
                    let secret = Unmanaged<SecretBytes>.fromOpaque(passphrase).takeUnretainedValue()
                    guard secret.count <= Int(capacity) else { return -1 }
                    secret.withUnsafeBytes {
                        UnsafeMutableRawPointer(out).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
                    }
                    return Int32(secret.count)
                }
            let secret = passphrase.map { Unmanaged.passUnretained($0).toOpaque() }
            return isPEM
                ? PEM_read_bio_PrivateKey(input, nil, answer, secret)
                : d2i_PKCS8PrivateKey_bio(input, nil, answer, secret)
        }
    }

    private static func curve(of key: OpaquePointer) throws(SignerError) -> SignatureAlgorithm {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else {
            throw SignerError(.unsupported, "it is no key of an elliptic curve")
        }
        switch String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) {
        case "prime256v1", "P-256": return .ecdsaP256
        case "secp256k1": return .ecdsaSecp256k1
        case let other: throw SignerError(.unsupported, "the curve \(other) is none of Flow's: P-256 or secp256k1")
        }
    }
}
