import Encoding
import Secrets
import Testing

@testable import Signer

struct MnemonicTests {
    /// Entropy, phrase, seed with the passphrase TREZOR: vectors of BIP-39.
    static let vectors = [
        (
            "00000000000000000000000000000000", String(repeating: "abandon ", count: 11) + "about",
            "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04"
        ),
        (
            "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
            "legal winner thank year wave sausage worth useful legal winner thank yellow",
            "2e8905819b8723fe2c1d161860e5ee1830318dbf49a83bd451cfb8440c28bd6fa457fe1296106559a3c80937a1c1069be3a3a5bd381ee6260e8d9739fce1f607"
        ),
        (
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            String(repeating: "zoo ", count: 23) + "vote",
            "dd48c104698c30cfe2b6142103248622fb7bb0ff692eebb00089b32d22484e1613912f0a5b694407be899ffd31ed3992c456cdf60f5d4564b8ba3f05a69890ad"
        ),
        (
            "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
            "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length",
            "64c87cde7e12ecf6704ab95bb1408bef047c22db4cc7491c4271d170a1b213d20b385bc1588d9c7b38f1b39d415665b8a9030c9ec653d75e65f847d8fc1fc440"
        ),
    ]

    private func mnemonic(_ text: String) throws -> Mnemonic {
        try Mnemonic(phrase: SecretBytes(copying: Array(text.utf8)))
    }

    @Test(arguments: vectors)
    func `entropy, words and seed belong together`(entropy: String, words: String, seed: String) throws {
        let made = Mnemonic(entropy: SecretBytes(copying: Hex.decode(entropy)!))
        #expect(made.phrase.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } == words)
        #expect(try mnemonic(words).seed(passphrase: "TREZOR").withUnsafeBytes { Hex.encode($0) } == seed)
        #expect(
            try mnemonic("  " + words.uppercased().replacing(" ", with: "\n ") + "\n").seed(passphrase: "TREZOR")
                .withUnsafeBytes { Hex.encode($0) } == seed)
    }

    @Test func `the word list is that of the standard`() {
        #expect(Mnemonic.words.count == 2048)
        let file = Mnemonic.words.map { $0 + "\n" }.joined()
        #expect(
            Digest.sha2_256(Array(file.utf8)).description
                == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda")
    }

    @Test(arguments: [12, 15, 18, 21, 24])
    func `a generated phrase is read back`(count: Int) throws {
        let made = try Mnemonic.generate(wordCount: count)
        let text = made.phrase.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(text.split(separator: " ").count == count)
        _ = try mnemonic(text)
        #expect(!made.phrase.isEqual(to: try Mnemonic.generate(wordCount: count).phrase))
    }

    @Test func `wrong words, numbers of words and order are refused, without repeating them`() {
        let bad = [
            "", "abandon", String(repeating: "abandon ", count: 12), String(repeating: "abandon ", count: 13),
            String(repeating: "abandon ", count: 10) + "about abandon",
            String(repeating: "abandon ", count: 11) + "secretword",
        ]
        for text in bad {
            let error = #expect(throws: SignerError.self) { try mnemonic(text) }
            #expect(error?.code == .malformed)
            #expect(error?.description.contains("secretword") == false)
            #expect(error?.description.contains("abandon") == false)
        }
        #expect(throws: SignerError.self) { try Mnemonic.generate(wordCount: 13) }
    }
}
