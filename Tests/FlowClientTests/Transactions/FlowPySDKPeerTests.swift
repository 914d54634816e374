import Foundation
import Signer
import TestSupport
import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

/// flow-py-sdk (PyPI) as a peer: the same transactions are the same bytes and ids there and here, and each side's signatures
/// verify on the other. Signatures themselves differ: its nonces come from HMAC-SHA-1, and it leaves S as it is.
struct FlowPySDKPeerTests {
    /// One transaction, or one message, a line.
    private struct Job: Codable {
        struct Key: Codable {
            var address: String
            var index: Int
            var curve: String
            var hash: String
            var scalar: String
        }
        var script: String
        var texts: [String]
        var number: Int
        var reference: String
        var limit: Int
        var proposer: Key
        var sequence: Int
        var payer: String
        var authorizers: [String]
        var payloadKeys: [Key]
        var envelopeKeys: [Key]
        /// A message of ours and what we signed it with, for the peer to verify.
        var message: String
        var signature: String
    }

    private struct Answer: Decodable {
        struct Signature: Decodable {
            var address: String
            var index: UInt32
            var signature: String
        }
        var payload: String
        var envelope: String
        var id: String
        var arguments: [String]
        var payloadSignatures: [Signature]
        var envelopeSignatures: [Signature]
        var verified: Bool
        var refused: Bool
    }

    private static let program = #"""
        import hashlib, json, sys
        import rlp
        from flow_py_sdk import InMemorySigner, HashAlgo, ProposalKey, SignAlgo, Tx, cadence
        from flow_py_sdk.cadence import Address, encode_arguments
        from flow_py_sdk.frlp import rlp_encode_uint64

        def signer(key):
            return InMemorySigner(hash_algo=HashAlgo[key["hash"]], sign_algo=SignAlgo[key["curve"]], private_key_hex=key["scalar"])

        for line in sys.stdin:
            job = json.loads(line)
            tx = Tx(code=job["script"], reference_block_id=bytes.fromhex(job["reference"]), payer=Address.from_hex(job["payer"]),
                    proposal_key=ProposalKey(key_address=Address.from_hex(job["proposer"]["address"]), key_id=job["proposer"]["index"],
                                             key_sequence_number=job["sequence"]))
            tx.with_gas_limit(job["limit"]).add_authorizers(*[Address.from_hex(a) for a in job["authorizers"]])
            tx.add_arguments(*[cadence.String(t) for t in job["texts"]], cadence.UInt64(job["number"]))
            for key in job["payloadKeys"]:
                tx.with_payload_signature(Address.from_hex(key["address"]), key["index"], signer(key))
            for key in job["envelopeKeys"]:
                tx.with_envelope_signature(Address.from_hex(key["address"]), key["index"], signer(key))
            wire = tx.to_signed_grpc()
            lists = [[[rlp_encode_uint64(s.signer_index), rlp_encode_uint64(s.key_id), s.signature] for s in part]
                     for part in (tx.payload_signatures, tx.envelope_signatures)]
            whole = rlp.encode([tx._payload_form(), *lists])
            checker = signer(job["proposer"])
            message, signature = bytes.fromhex(job["message"]), bytes.fromhex(job["signature"])
            shown = lambda part: [{"address": s.address.hex(), "index": s.key_id, "signature": s.signature.hex()} for s in part]
            print(json.dumps({
                "payload": tx.payload_message().hex(), "envelope": tx.envelope_message().hex(),
                "id": hashlib.sha3_256(whole).hexdigest(), "arguments": [a.hex() for a in wire.arguments],
                "payloadSignatures": shown(tx.payload_signatures), "envelopeSignatures": shown(tx.envelope_signatures),
                "verified": checker.verify(signature, message, b""), "refused": not checker.verify(signature, message + b"!", b"")}))
        """#

    private static let pairs: [(SignatureAlgorithm, HashAlgorithm)] = SignatureAlgorithm.allCases.flatMap { algorithm in
        HashAlgorithm.allCases.map { (algorithm, $0) }
    }

    /// Keys whose scalars are known, one of each kind, at three accounts.
    private func key(_ number: Int) -> (Job.Key, InMemorySigner) {
        let (algorithm, hash) = Self.pairs[number % 4]
        let scalar = [UInt8](repeating: UInt8(number + 1), count: 32)
        let key = Job.Key(
            address: ["f8d6e0586b0a20c7", "ee82856bf20e2aa6", "0ae53cb6e3f42a79"][number % 3], index: number * 50,
            curve: algorithm == .ecdsaP256 ? "ECDSA_P256" : "ECDSA_secp256k1", hash: hash.rawValue,
            scalar: Hex.encode(scalar))
        return (key, InMemorySigner(key: try! PrivateKey(algorithm: algorithm, scalar: scalar), hashAlgorithm: hash))
    }

    private func job(_ number: Int) throws -> Job {
        let (proposer, signer) = key(number)
        let (payer, _) = key(number + 1)
        let (authorizer, _) = key(number + 2)
        let message = Array("message \(number)".utf8)
        let alone = number % 5 == 0
        return Job(
            script: "transaction { execute { log(\"\(String(repeating: "é", count: number * 3))\") } }",
            texts: (0..<number % 4).map { "text \($0) \"quoted\"" }, number: number * 1_000_003,
            reference: Hex.encode([UInt8](repeating: UInt8(number), count: 32)), limit: number * 700,
            proposer: proposer,
            sequence: number * number * 40, payer: alone ? proposer.address : payer.address,
            authorizers: alone ? [proposer.address] : [authorizer.address, payer.address],
            payloadKeys: alone ? [] : [proposer, authorizer], envelopeKeys: alone ? [proposer] : [payer],
            message: Hex.encode(message), signature: Hex.encode(try signer.signNow(message)))
    }

    @Test(.enabled(if: Peers.python != nil, "no peers"), .timeLimit(.minutes(2)))
    func `the same transactions are the same bytes, and signatures are good on both sides`() async throws {
        let jobs = try (0..<14).map { try job($0) }
        let lines = try jobs.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        let answers = try await Peers.answers(Self.program, lines: lines)
        for (job, line) in zip(jobs, answers) {
            let answer = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
            let signatures = { (list: [Answer.Signature]) in
                list.map {
                    Transaction.Signature(
                        address: Address($0.address)!, keyIndex: KeyIndex($0.index),
                        signature: Hex.decode($0.signature)!)
                }
            }
            let transaction = Transaction(
                script: Array(job.script.utf8), arguments: answer.arguments.map { Hex.decode($0)! },
                referenceBlockID: BlockID(hex: job.reference)!, computationLimit: UInt64(job.limit),
                proposalKey: .init(
                    address: Address(job.proposer.address)!, keyIndex: KeyIndex(UInt32(job.proposer.index)),
                    sequenceNumber: SequenceNumber(UInt64(job.sequence))),
                payer: Address(job.payer)!, authorizers: job.authorizers.map { Address($0)! },
                payloadSignatures: signatures(answer.payloadSignatures),
                envelopeSignatures: signatures(answer.envelopeSignatures))
            #expect(Hex.encode(transaction.payloadRLP) == answer.payload)
            #expect(Hex.encode(transaction.envelopeRLP) == answer.envelope)
            #expect(transaction.id.hex == answer.id)
            for (keys, made, message) in [
                (job.payloadKeys, transaction.payloadSignatures, transaction.payloadMessage()),
                (job.envelopeKeys, transaction.envelopeSignatures, transaction.envelopeMessage()),
            ] {
                for (key, signature) in zip(keys, made) {
                    let publicKey = try PrivateKey(
                        algorithm: SignatureAlgorithm(rawValue: key.curve)!, scalar: Hex.decode(key.scalar)!
                    ).publicKey
                    #expect(
                        publicKey.verify(
                            signature: signature.signature, message: message, hash: HashAlgorithm(rawValue: key.hash)!))
                }
            }
            #expect(answer.verified && answer.refused)
        }
    }
}
