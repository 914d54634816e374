import CCrypto
import CUnistring
import FoundationEssentials
public import Secrets

/// BIP-39: a seed as 12 to 24 English words. The phrase is a secret; it never becomes a `String` here.
public struct Mnemonic: Sendable {
    /// The words, in lower case with one space between, as UTF-8.
    public let phrase: SecretBytes

    /// A new phrase of 128 to 256 bits of entropy, in steps of 32: 12, 15, 18, 21 or 24 words.
    public static func generate(wordCount: Int = 24) throws(SignerError) -> Mnemonic {
        guard (12...24).contains(wordCount), wordCount.isMultiple(of: 3) else {
            throw SignerError(.malformed, "a phrase has 12, 15, 18, 21 or 24 words, not \(wordCount)")
        }
        return Mnemonic(entropy: .random(count: wordCount / 3 * 4))
    }

    /// `entropy` has 16 to 32 bytes, in steps of 4.
    init(entropy: SecretBytes) {
        var text: [UInt8] = []
        text.reserveCapacity(256)
        entropy.withUnsafeBytes { entropy in
            let checksum = Digest.hash(entropy, with: .sha2_256).bytes[0]
            let bit = { (at: Int) -> Int in
                let byte = at < entropy.count * 8 ? entropy[at / 8] : checksum
                return Int(byte >> UInt8(7 - at % 8) & 1)
            }
            for word in 0..<entropy.count / 4 * 3 {
                let place = (word * 11..<word * 11 + 11).reduce(0) { $0 << 1 | bit($1) }
                if word > 0 { text.append(0x20) }
                text += Self.words[place].utf8
            }
        }
        phrase = SecretBytes(wiping: &text)
    }

    /// Throws `malformed` for a wrong number of words, a word that is not in the list (by its position, not by what it
    /// is) and a checksum that does not fit.
    public init(phrase typed: SecretBytes) throws(SignerError) {
        var places: [Int] = []
        var unknown: Int?
        var normal: [UInt8] = []
        normal.reserveCapacity(typed.count)
        typed.withUnsafeBytes { typed in
            for (number, word) in typed.split(whereSeparator: { $0 == 0x20 || (9...13).contains($0) }).enumerated() {
                let lower = word.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
                if let place = Self.places[String(decoding: lower, as: UTF8.self)] {
                    places.append(place)
                } else {
                    unknown = unknown ?? number + 1
                }
                if number > 0 { normal.append(0x20) }
                normal += lower
            }
        }
        phrase = SecretBytes(wiping: &normal)
        if let unknown {
            throw SignerError(.malformed, "word \(unknown) of the phrase is not in the English list of BIP-39")
        }
        guard (12...24).contains(places.count), places.count.isMultiple(of: 3) else {
            throw SignerError(.malformed, "a phrase has 12, 15, 18, 21 or 24 words, not \(places.count)")
        }
        guard Self.checksumFits(places) else {
            throw SignerError(.malformed, "the phrase's checksum does not fit: a word is wrong or out of place")
        }
    }

    private static func checksumFits(_ places: [Int]) -> Bool {
        let entropyBits = places.count * 11 * 32 / 33
        let bit = { (at: Int) -> UInt8 in UInt8(places[at / 11] >> (10 - at % 11) & 1) }
        let entropy = SecretBytes(count: entropyBits / 8) { bytes in
            for at in 0..<entropyBits { bytes[at / 8] |= bit(at) << UInt8(7 - at % 8) }
        }
        let digest = entropy.withUnsafeBytes { Digest.hash($0, with: .sha2_256) }.bytes[0]
        let given = (entropyBits..<places.count * 11).reduce(UInt8(0)) { $0 << 1 | bit($1) }
        return digest >> UInt8(8 - entropyBits / 32) == given
    }

    /// In normalization form KD.
    private static func normalised(_ text: String) throws(SignerError) -> [UInt8] {
        var utf8 = Array(text.utf8)
        defer { OPENSSL_cleanse(&utf8, utf8.count) }
        guard !utf8.isEmpty else { return [] }
        var length = 0
        guard let found = shim_nfkd(utf8, utf8.count, &length) else {
            throw SignerError(.libraryFailed, "libunistring could not normalise the passphrase")
        }
        defer {
            OPENSSL_cleanse(found, length)
            free(found)
        }
        return Array(UnsafeBufferPointer(start: found, count: length))
    }

    /// The 64 bytes that keys are derived from. The passphrase is BIP-39's, and is normalised as it says (NFKD).
    public func seed(passphrase: String = "") throws(SignerError) -> SecretBytes {
        var salt = Array("mnemonic".utf8) + (try Self.normalised(passphrase))
        defer { OPENSSL_cleanse(&salt, salt.count) }
        var done: Int32 = 0
        let seed = SecretBytes(count: 64) { out in
            phrase.withUnsafeBytes { phrase in
                done = PKCS5_PBKDF2_HMAC(
                    phrase.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(phrase.count), salt,
                    Int32(salt.count), 2048,
                    EVP_sha512(), 64, out.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
        }
        guard done == 1 else { throw SignerError(.libraryFailed, "libcrypto could not derive the seed") }
        return seed
    }
}
