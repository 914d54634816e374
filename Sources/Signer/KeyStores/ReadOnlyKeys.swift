import Secrets

/// A key as one piece of text, for where a store has but a name and a value: `ALGORITHM HASH SCALAR`, such as
/// `ECDSA_P256 SHA3_256 0f…` (colons or slashes do for spaces), or PEM, which says its curve and is given the hash SHA3_256.
struct KeyText {
    var key: PrivateKey
    var hashAlgorithm: HashAlgorithm

    init(_ text: SecretBytes, called name: String) throws(SignerError) {
        do throws(SignerError) {
            try self.init(text)
        } catch {
            throw SignerError(error.code, "\(name): \(error.message)")
        }
    }

    private init(_ text: SecretBytes) throws(SignerError) {
        let words = text.withUnsafeBytes { bytes in
            bytes.split { [0x20, 0x3a, 0x2f].contains($0) || (9...13).contains($0) }.map { $0.startIndex..<$0.endIndex }
        }
        let isPEM = text.withUnsafeBytes { $0.starts(with: "-----".utf8) }
        guard !isPEM else {
            key = try PrivateKey.importing(text)
            hashAlgorithm = .sha3_256
            return
        }
        func word(_ index: Int) -> String {
            text.withUnsafeBytes { String(decoding: UnsafeRawBufferPointer(rebasing: $0[words[index]]), as: UTF8.self) }
        }
        guard words.count == 3, let algorithm = SignatureAlgorithm(rawValue: word(0)),
            let hash = HashAlgorithm(rawValue: word(1))
        else {
            throw SignerError(
                .malformed,
                "a key is written as ALGORITHM HASH SCALAR, such as ECDSA_P256 SHA3_256 and 64 hex digits, or as PEM")
        }
        let scalar = text.withUnsafeBytes { bytes in
            SecretBytes(count: words[2].count) {
                $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[words[2]]))
            }
        }
        key = try PrivateKey.importing(scalar, algorithm: algorithm)
        hashAlgorithm = hash
    }
}

/// Keys that were handed to the process and can't be changed from inside.
struct ReadOnlyKeys: Sendable {
    let kind: String
    let keys: [KeyName: InMemorySigner]

    func list() -> [KeyDescription] {
        keys.sorted { $0.key < $1.key }
            .map { KeyDescription(name: $0, publicKey: $1.publicKey, hashAlgorithm: $1.hashAlgorithm) }
    }

    func signer(for name: KeyName) throws -> any TransactionSigner {
        guard let signer = keys[name] else { throw SignerError.noKey(name, in: kind) }
        return signer
    }
}
