import Encoding
import Testing

@testable import Signer

struct HashingTests {
    @Test func `published digests come out, in one go and in pieces`() {
        let known: [(HashAlgorithm, String, String)] = [
            (.sha2_256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (.sha3_256, "", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"),
            (.sha2_256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (.sha3_256, "test", "36f028580bb02cc8272a9a020f4200e346e276ae664e45ee80745574e2f5ab80"),
        ]
        for (algorithm, text, hex) in known {
            #expect(Digest.hash(Array(text.utf8), with: algorithm).description == hex)
            var stream = StreamingHash(algorithm)
            for byte in text.utf8 { stream.update([byte]) }
            #expect(stream.finalize().description == hex)
        }
    }

    @Test func `a digest has 32 bytes`() {
        #expect(Digest(bytes: [UInt8](repeating: 1, count: 31)) == nil)
        #expect(Digest(bytes: [UInt8](repeating: 1, count: 33)) == nil)
        #expect(Digest(bytes: Array(0..<32))?.bytes == Array(0..<32))
    }

    @Test func `a domain tag is padded to 32 bytes and never longer`() throws {
        #expect(
            Hex.encode(DomainTag.transaction.bytes)
                == "464c4f572d56302e302d7472616e73616374696f6e0000000000000000000000")
        #expect(Hex.encode(DomainTag.user.bytes) == "464c4f572d56302e302d75736572000000000000000000000000000000000000")
        #expect(try DomainTag(String(repeating: "a", count: 32)).bytes.count == 32)
        #expect(throws: SignerError.self) { try DomainTag(String(repeating: "a", count: 33)) }
        #expect(throws: SignerError.self) { try DomainTag(String(repeating: "é", count: 17)) }
    }
}
