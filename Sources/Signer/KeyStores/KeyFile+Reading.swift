import CCrypto
import Encoding
import Secrets

extension KeyFile {
    /// The part that is no secret, as it stands: nothing vouches for it until the file is unlocked.
    static func descriptions(of bytes: [UInt8]) throws(SignerError) -> [KeyDescription] {
        try Lines(bytes).keys
    }

    /// Throws `truncated` or `malformed` naming the line, `wrongPassphrase`, or `tampered` naming the part.
    init(_ bytes: [UInt8], passphrase: SecretBytes) throws(SignerError) {
        let lines = try Lines(bytes)
        let keys = try DerivedKeys(passphrase: passphrase, salt: lines.salt, cost: lines.cost)
        guard CRYPTO_memcmp(keys.check(lines.checked), lines.check, 32) == 0 else {
            throw SignerError(
                .wrongPassphrase, "the passphrase does not open the key file (or its kdf line was changed)")
        }
        let plaintext = try AES256GCM.open(
            lines.ciphertext, tag: lines.tag, key: keys.encryption, nonce: lines.nonce,
            authenticating: lines.authenticated)
        guard let plaintext else {
            throw SignerError(
                .tampered, "the key file was changed: its key lines, its seal or its secrets do not belong together")
        }
        for (index, description) in lines.keys.enumerated() {
            let scalar = plaintext.withUnsafeBytes { bytes in
                SecretBytes(count: 32) {
                    $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[index * 32..<index * 32 + 32]))
                }
            }
            let key = try PrivateKey(algorithm: description.publicKey.algorithm, scalar: scalar)
            guard key.publicKey == description.publicKey else {
                throw SignerError(
                    .tampered, "the public key of \(description.name) in the key file is not that of its secret")
            }
            entries.append(Entry(description: description, key: key))
        }
    }

    /// The lines of a file, each read and none believed yet.
    private struct Lines {
        var cost = Cost()
        var salt: [UInt8] = []
        var check: [UInt8] = []
        var keys: [KeyDescription] = []
        var nonce: [UInt8] = []
        var tag: [UInt8] = []
        var ciphertext: [UInt8] = []
        /// What `check` covers.
        var checked = ""
        /// What the GCM tag covers beside the ciphertext.
        var authenticated = ""

        init(_ bytes: [UInt8]) throws(SignerError) {
            guard bytes.last == 0x0a, bytes.allSatisfy({ $0 == 0x0a || (0x20..<0x7f).contains($0) }) else {
                throw bytes.allSatisfy({ $0 < 0x7f })
                    ? SignerError(.truncated, "the key file ends in the middle of a line")
                    : SignerError(.malformed, "the key file is no plain text")
            }
            var rest = bytes.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }[...]
            guard rest.popFirst() == "weir-keys 1" else {
                throw SignerError(
                    .unsupported,
                    "line 1 of the key file is not `weir-keys 1`: another version, or another kind of file")
            }
            checked = "weir-keys 1\n"
            var number = 1
            func next(_ name: String, _ fields: Int) throws(SignerError) -> (String, [Substring]) {
                number += 1
                guard let line = rest.popFirst() else {
                    throw SignerError(.truncated, "the key file ends before its `\(name)` line")
                }
                let words = line.split(separator: " ", omittingEmptySubsequences: false)
                guard words.count == fields + 1, words[0] == name else {
                    throw SignerError(.malformed, "line \(number) of the key file is no `\(name)` line")
                }
                return (line, Array(words.dropFirst()))
            }
            func hex(_ text: Substring, _ count: Int?) throws(SignerError) -> [UInt8] {
                guard let bytes = Hex.decode(text), count == nil || bytes.count == count else {
                    throw SignerError(
                        .malformed, "line \(number) of the key file: a field is no hex of the right length")
                }
                return bytes
            }

            let (kdfLine, kdf) = try next("kdf", 5)
            guard kdf[0] == "scrypt", let n = UInt64(kdf[1]), let r = UInt64(kdf[2]), let p = UInt64(kdf[3]) else {
                throw SignerError(.unsupported, "line 2 of the key file names no key derivation that is known")
            }
            cost = Cost(n: n, r: r, p: p)
            guard cost.isAcceptable else {
                throw SignerError(.unsupported, "line 2 of the key file asks for more memory than scrypt may have here")
            }
            salt = try hex(kdf[4], 16)
            checked += kdfLine + "\n"
            let (checkLine, checkFields) = try next("check", 1)
            check = try hex(checkFields[0], 32)
            authenticated = checked + checkLine + "\n"
            while let line = rest.first, line.hasPrefix("key ") {
                let (keyLine, fields) = try next("key", 5)
                keys.append(try Self.key(fields, line: number))
                authenticated += keyLine + "\n"
            }
            let (_, seal) = try next("seal", 2)
            nonce = try hex(seal[0], 12)
            tag = try hex(seal[1], 16)
            authenticated += "seal \(seal[0])"
            ciphertext = try hex(try next("secrets", 1).1[0], nil)
            guard ciphertext.count == keys.count * 32 else {
                throw SignerError(
                    .truncated, "the key file has \(keys.count) keys, but secrets of \(ciphertext.count) bytes")
            }
            guard rest.isEmpty else { throw SignerError(.malformed, "the key file goes on after its `secrets` line") }
            guard Set(keys.map(\.name)).count == keys.count else {
                throw SignerError(.malformed, "two keys of the key file have one name")
            }
        }

        private static func key(_ fields: [Substring], line: Int) throws(SignerError) -> KeyDescription {
            guard let algorithm = SignatureAlgorithm(rawValue: String(fields[1])),
                let hash = HashAlgorithm(rawValue: String(fields[2])), let created = Int64(fields[3]),
                let publicKey = Hex.decode(fields[4]), publicKey.count == 64
            else { throw SignerError(.malformed, "line \(line) of the key file is no `key` line") }
            return KeyDescription(
                name: try KeyName(String(fields[0])), publicKey: try PublicKey(algorithm: algorithm, bytes: publicKey),
                hashAlgorithm: hash, createdAt: created)
        }
    }
}
