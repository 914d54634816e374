import Encoding
import Foundation
import Testing

@testable import Signer

struct AccountProofTests {
    private static let address: [UInt8] = [0xf8, 0xd6, 0xe0, 0x58, 0x6b, 0x0a, 0x20, 0xc7]
    private static let nonce = [UInt8](repeating: 9, count: 32)
    private static let app = "Weir (v0.1)"

    /// Four keys: all curve and hash pairs; weights 1000, 500, 500, 1000 (revoked).
    private struct Wallet {
        let keys: [PrivateKey]
        var states: [AccountKeyState]

        init() {
            let pairs: [(SignatureAlgorithm, HashAlgorithm, Int)] = [
                (.ecdsaP256, .sha2_256, 1000), (.ecdsaP256, .sha3_256, 500), (.ecdsaSecp256k1, .sha2_256, 500),
                (.ecdsaSecp256k1, .sha3_256, 1000),
            ]
            let keys = pairs.map { PrivateKey.generate($0.0) }
            self.keys = keys
            states = pairs.enumerated().map { index, pair in
                AccountKeyState(
                    index: UInt32(index), publicKey: keys[index].publicKey, hashAlgorithm: pair.1, weight: pair.2,
                    isRevoked: index == 3)
            }
        }

        func sign(_ message: [UInt8], with key: Int, tag: DomainTag = .accountProof) throws -> CompositeSignature {
            let digest = Digest.hash(tag.bytes + message, with: states[key].hashAlgorithm)
            return CompositeSignature(
                address: AccountProofTests.address, keyIndex: UInt32(key), signature: try keys[key].sign(digest: digest)
            )
        }
    }

    private let wallet = Wallet()

    private func message(app: String = app, nonce: [UInt8] = nonce) throws -> [UInt8] {
        try AccountProof.message(appIdentifier: app, address: Self.address, nonce: nonce)
    }

    private func refusal(
        _ signatures: [CompositeSignature], app: String = app, address: [UInt8] = address, nonce: [UInt8] = nonce,
        keys: [AccountKeyState]? = nil
    ) -> ProofRefusal? {
        do throws(ProofRefusal) {
            try AccountProof.verify(
                appIdentifier: app, address: address, nonce: nonce, signatures: signatures, keys: keys ?? wallet.states)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the message is what wallets sign`() throws {
        let message = try AccountProof.message(
            appIdentifier: "AWESOME-APP-ID", address: Hex.decode("0000abc123def456")!,
            nonce: Hex.decode("3037366134636339643564623330316636626239323161663465346131393662")!)
        #expect(
            Hex.encode(DomainTag.accountProof.bytes + message)
                == "46434c2d4143434f554e542d50524f4f462d56302e3000000000000000000000f8398e415745534f4d452d4150502d4944880000abc123def456a03037366134636339643564623330316636626239323161663465346131393662"
        )
    }

    @Test func `one full key or several halves prove the account`() throws {
        let message = try message()
        #expect(refusal([try wallet.sign(message, with: 0)]) == nil)
        #expect(refusal([try wallet.sign(message, with: 2), try wallet.sign(message, with: 1)]) == nil)
        #expect(refusal([try wallet.sign(message, with: 0), try wallet.sign(message, with: 1)]) == nil)
    }

    @Test func `too little weight, revoked, unknown and doubled keys prove nothing`() throws {
        let message = try message()
        #expect(refusal([]) == .noSignatures)
        #expect(refusal([try wallet.sign(message, with: 1)]) == .insufficientWeight(500))
        #expect(refusal([try wallet.sign(message, with: 3)]) == .revokedKey(3))
        #expect(refusal([try wallet.sign(message, with: 0), try wallet.sign(message, with: 3)]) == .revokedKey(3))
        let half = try wallet.sign(message, with: 1)
        #expect(refusal([half, half]) == .duplicateKey(1))
        var stranger = half
        stranger.keyIndex = 9
        #expect(refusal([stranger]) == .unknownKey(9))
        #expect(refusal([half], keys: []) == .unknownKey(1))
    }

    @Test func `a proof is worth nothing for another application, account, nonce or purpose`() throws {
        let proof = [try wallet.sign(try message(), with: 0)]
        #expect(refusal(proof, app: "Other") == .wrongSignature(keyIndex: 0))
        #expect(refusal(proof, nonce: [UInt8](repeating: 8, count: 32)) == .wrongSignature(keyIndex: 0))
        #expect(refusal(proof, address: [0, 0, 0, 0, 0, 0, 0, 1]) == .otherAccount(keyIndex: 0))
        #expect(refusal([try wallet.sign(try message(), with: 0, tag: .user)]) == .wrongSignature(keyIndex: 0))
        #expect(refusal([try wallet.sign(try message(), with: 0, tag: .transaction)]) == .wrongSignature(keyIndex: 0))
        #expect(refusal(proof, app: "") != nil)
        #expect(refusal(proof, nonce: Array(Self.nonce.dropLast())) != nil)
    }

    @Test func `one bad signature spoils the good ones, and a passkey's is none`() throws {
        let message = try message()
        var bad = try wallet.sign(message, with: 1)
        bad.signature[5] ^= 1
        #expect(refusal([try wallet.sign(message, with: 0), bad]) == .wrongSignature(keyIndex: 1))
        bad.signature = []
        #expect(refusal([try wallet.sign(message, with: 0), bad]) == .wrongSignature(keyIndex: 1))
        var passkey = try wallet.sign(message, with: 0)
        passkey.extensionData = [1, 0xc0]
        #expect(refusal([passkey]) == .extensionData(keyIndex: 0))
        passkey.extensionData = [0]
        #expect(refusal([passkey]) == nil)
    }

    @Test func `wallets that sign proofs as user messages are taken only where that is asked for`() throws {
        let proof = [try wallet.sign(try message(), with: 0, tag: .user)]
        #expect(throws: Never.self) {
            try AccountProof.verify(
                appIdentifier: Self.app, address: Self.address, nonce: Self.nonce, signatures: proof,
                keys: wallet.states,
                tags: [.accountProof, .user])
        }
    }

    @Test func `a user's message verifies under the user tag only`() throws {
        let message = Array("I am".utf8)
        let signed = [try wallet.sign(message, with: 0, tag: .user)]
        #expect(throws: Never.self) {
            try UserMessage.verify(message, address: Self.address, signatures: signed, keys: wallet.states)
        }
        #expect(throws: ProofRefusal.wrongSignature(keyIndex: 0)) {
            try UserMessage.verify(message + [0], address: Self.address, signatures: signed, keys: wallet.states)
        }
        #expect(throws: ProofRefusal.wrongSignature(keyIndex: 0)) {
            try UserMessage.verify(
                message, address: Self.address, signatures: [try wallet.sign(message, with: 0)], keys: wallet.states)
        }
    }

    @Test(arguments: [
        #"{"f_type":"CompositeSignature","f_vsn":"1.0.0","addr":"0xf8d6e0586b0a20c7","keyId":3,"signature":"0a0b"}"#,
        #"{"addr":"f8d6e0586b0a20c7","keyId":"3","signature":"0a0b","extensionData":null}"#,
        #"{"address":"f8d6e0586b0a20c7","keyId":3,"sig":"0A0B"}"#,
    ])
    func `signatures are read in every form that wallets send`(json: String) throws {
        let read = try JSONDecoder().decode(CompositeSignature.self, from: Data(json.utf8))
        #expect(read == CompositeSignature(address: Self.address, keyIndex: 3, signature: [10, 11]))
    }

    @Test(arguments: [
        #"{"f_type":"Other","addr":"0x1","keyId":0,"signature":"00"}"#, #"{"keyId":0,"signature":"00"}"#,
        #"{"addr":"0x1","keyId":-1,"signature":"00"}"#, #"{"addr":"0x1","keyId":"-0","signature":"00"}"#,
        #"{"addr":"0x1","keyId":"","signature":"00"}"#, #"{"addr":"0x1","keyId":0,"signature":"0x00"}"#,
        #"{"addr":"0x1","keyId":0.5,"signature":"00"}"#, #"{"addr":"","keyId":0,"signature":"00"}"#,
        #"{"addr":"0x11111111111111111","keyId":0,"signature":"00"}"#, #"{"addr":"0x1","keyId":0,"signature":"0"}"#,
        #"{"addr":"0x1","keyId":0}"#, #"{"addr":1,"keyId":0,"signature":"00"}"#, "[]",
    ])
    func `a signature that is none is refused`(json: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(CompositeSignature.self, from: Data(json.utf8)) }
    }
}
