import Cadence
import Devnet
import Encoding
import FlowClient
import Foundation
import HTTP
import Signer
import Testing

/// `weir verify proof` and `weir verify message`: what a wallet signed, by the account's keys on the devnet.
@Suite(.timeLimit(.minutes(2)), .serialized)
struct WalletCommandTests {
    private let nonce = [UInt8](repeating: 0xa5, count: 32)

    @Test func `a wallet's proof and message are judged by the chain's keys`() async throws {
        let world = try await World.start(lanes: 1)
        let key = PrivateKey.generate(.ecdsaSecp256k1)
        let wallet = try await world.bootstrap.makeAccount(
            signer: InMemorySigner(key: key, hashAlgorithm: .sha2_256), flow: 10)
        func signature(_ message: [UInt8], _ tag: DomainTag) throws -> JSON {
            [
                "f_type": "CompositeSignature", "f_vsn": "1.0.0", "addr": JSON(wallet.address.description),
                "keyId": "0",
                "signature": JSON(Hex.encode(try key.sign(digest: .sha2_256(tag.bytes + message)))),
            ]
        }
        let message = try AccountProof.message(
            appIdentifier: "Nova", address: wallet.address.bytes, nonce: nonce)
        let data: JSON = [
            "address": JSON(wallet.address.description), "nonce": JSON(Hex.encode(nonce)),
            "signatures": [try signature(message, .accountProof)],
        ]
        try await withKeyFolder { folder in
            let node = ["--flow-nodes", "grpc://127.0.0.1:\(world.port)"]
            let proof = ["verify", "proof", "--app", "Nova"] + node
            for wrapped in [data, ["f_type": "account-proof", "f_vsn": "2.0.0", "data": data]] {
                #expect(try await folder.succeed(proof, input: wrapped.text).hasPrefix("valid: keys of weight 1000"))
            }
            let other = try await folder.fail(
                ["verify", "proof", "--app", "Other", "--json"] + node, saying: "does not verify", input: data.text)
            #expect(try JSON(parsing: Array(other.output.utf8))["valid"]?.bool == false)

            var short = data
            if case .object(var members) = short {
                members[1].value = JSON(Hex.encode(nonce.dropLast()))
                short = .object(members)
            }
            try await folder.fail(proof, saying: "at least 32 bytes", input: short.text)
            for (text, words) in [
                ("", "not what wallets give"), ("[]", "no address"), (#"{"address": "0x1"}"#, "signatures is missing"),
                (#"{"address": "zz", "nonce": "00", "signatures": []}"#, "is no address"),
                (#"{"address": "0x1", "nonce": "0", "signatures": []}"#, "is no hex"),
            ] {
                try await folder.fail(proof, status: 2, saying: words, input: text)
            }
            try await folder.fail(["verify", "proof"] + node, status: 2, saying: "--app", input: data.text)
            // Nobody's on any chain: a verdict, not a question that stayed open.
            try await folder.fail(
                ["verify", "message", "--address", "0x1111111111111111", "--message", "x"] + node,
                saying: "invalid: 0x1111111111111111 is no address of flow-emulator", input: "[]")
            // The emulator has no FCLCrypto: neither valid nor invalid.
            try await folder.fail(
                proof + ["--on-chain"], status: 3, saying: "it is not known where FCLCrypto", input: data.text)
            try await folder.fail(
                proof + ["--on-chain", "--fcl-crypto", "f8d6e0586b0a20c7"], status: 3, saying: "not deployed",
                input: data.text)
            try await folder.fail(
                ["verify", "proof", "--app", "Nova", "--flow-nodes", "grpc://127.0.0.1:1"], status: 3,
                saying: "could not be found out", input: data.text)

            let signed: JSON = [try signature(Array("I am".utf8), .user)]
            let verify = ["verify", "message", "--address", wallet.address.hex] + node
            #expect(try await folder.succeed(verify + ["--message", "I am"], input: signed.text).hasPrefix("valid"))
            try await folder.fail(verify + ["--message", "I am not"], saying: "does not verify", input: signed.text)
            try await folder.fail(
                verify + ["--message", "I am"], saying: "key 0 signed twice",
                input: JSON.array([signed.array![0], signed.array![0]]).text)
            // Revoked: it counts at once.
            try await world.bootstrap.client.succeed("revoke_keys", [.array(CadenceArray([.int(0)]))], by: wallet)
            try await folder.fail(proof, saying: "key 0 is revoked", input: data.text)
        }
        await world.stop()
    }
}
