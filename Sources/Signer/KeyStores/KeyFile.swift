import CCrypto
import Encoding
import Secrets

/// What an encrypted key file says, as text of one line an entry, version 1:
///
///     weir-keys 1
///     kdf scrypt N R P SALT
///     check TAG
///     key NAME ALGORITHM HASH CREATED PUBLIC-KEY          (any number, by name)
///     seal NONCE TAG
///     secrets CIPHERTEXT
///
/// scrypt makes 64 bytes of passphrase and salt: 32 for AES-256-GCM, 32 for HMAC-SHA-256. `check` is the HMAC of the lines
/// above it and tells a wrong passphrase from a damaged file; `seal` has the GCM nonce and tag; all lines above `secrets`
/// (the tag apart) are authenticated with them. The plaintext is the 32-byte scalars in the order of the `key` lines.
struct KeyFile {
    struct Entry {
        var description: KeyDescription
        var key: PrivateKey
    }

    /// The cost of scrypt: 32 MiB and about 0.1 s. What a file asks for is bounded, so that one cannot exhaust the memory.
    struct Cost: Hashable, Sendable {
        var n: UInt64 = 1 << 15
        var r: UInt64 = 8
        var p: UInt64 = 1
        static let maximumBytes: UInt64 = 1 << 30

        var isAcceptable: Bool {
            n >= 2 && n & (n - 1) == 0 && n <= 1 << 24 && (1...64).contains(r) && (1...64).contains(p)
                && 128 * n * r <= Self.maximumBytes
        }
    }

    var entries: [Entry] = []

    // MARK: Writing

    func encode(passphrase: SecretBytes, cost: Cost = Cost()) throws(SignerError) -> [UInt8] {
        let salt = SecretBytes.random(count: 16).withUnsafeBytes { Array($0) }
        let keys = try DerivedKeys(passphrase: passphrase, salt: salt, cost: cost)
        var text = "weir-keys 1\nkdf scrypt \(cost.n) \(cost.r) \(cost.p) \(Hex.encode(salt))\n"
        text += "check \(Hex.encode(keys.check(text)))\n"
        let entries = entries.sorted { $0.description.name < $1.description.name }
        for entry in entries { text += Self.line(entry.description) }
        let nonce = SecretBytes.random(count: 12).withUnsafeBytes { Array($0) }
        text += "seal \(Hex.encode(nonce))"
        let plaintext = SecretBytes(count: entries.count * 32) { out in
            for (index, entry) in entries.enumerated() {
                entry.key.withScalar {
                    (out.baseAddress! + index * 32).copyMemory(from: $0, byteCount: 32)
                }
            }
        }
        let (ciphertext, tag) = try AES256GCM.seal(plaintext, key: keys.encryption, nonce: nonce, authenticating: text)
        return Array((text + " \(Hex.encode(tag))\nsecrets \(Hex.encode(ciphertext))\n").utf8)
    }

    private static func line(_ description: KeyDescription) -> String {
        let algorithms = "\(description.publicKey.algorithm.rawValue) \(description.hashAlgorithm.rawValue)"
        return "key \(description.name) \(algorithms) \(description.createdAt ?? 0) \(description.publicKey.hex)\n"
    }
}

/// The two keys of a key file.
struct DerivedKeys {
    let encryption: SecretBytes
    private let authentication: SecretBytes

    init(passphrase: SecretBytes, salt: [UInt8], cost: KeyFile.Cost) throws(SignerError) {
        var done: Int32 = 0
        let both = SecretBytes(count: 64) { out in
            passphrase.withUnsafeBytes { passphrase in
                // A null passphrase would mean "none given" to libcrypto.
                done = EVP_PBE_scrypt(
                    passphrase.baseAddress!.assumingMemoryBound(to: CChar.self), passphrase.count, salt, salt.count,
                    cost.n,
                    cost.r, cost.p, 2 * KeyFile.Cost.maximumBytes, out.baseAddress!.assumingMemoryBound(to: UInt8.self),
                    64)
            }
        }
        guard done == 1 else {
            ERR_clear_error()
            throw SignerError(.libraryFailed, "libcrypto could not run scrypt: not enough memory, or a bad cost")
        }
        (encryption, authentication) = both.withUnsafeBytes { bytes in
            (
                SecretBytes(count: 32) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<32])) },
                SecretBytes(count: 32) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[32...])) }
            )
        }
    }

    func check(_ text: String) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: 32)
        let bytes = Array(text.utf8)
        authentication.withUnsafeBytes { _ = HMAC(EVP_sha256(), $0.baseAddress, 32, bytes, bytes.count, &tag, nil) }
        return tag
    }
}
