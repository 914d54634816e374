import Foundation
import GRPC
import Recordings
import Signer
import TestSupport
import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

/// Every signature that a real node was sent or gave back, under the keys that were recorded beside it.
struct RecordedSignatureTests {
    private struct Accounts: Decodable {
        struct Account: Decodable {
            struct Key: Decodable {
                var hash: String
                var signature: String
                var `public`: String
            }
            var address: String
            var keys: [Key]
        }
        var accounts: [String: Account]
    }

    private struct Line: Decodable {
        var id: String?
        var step: String
        var refused: String?
        var error: String?
    }

    /// Steps of the recording `errors` in which some signature is wrong on purpose, by what is wrong.
    private static let broken: Set<String> = [
        "payload signature broken", "envelope signature broken", "signature of 63 bytes", "signature of 65 bytes",
        "signature empty", "signature of zeros",
    ]

    @Test(.timeLimit(.minutes(2)), arguments: ["story", "history", "errors", "expiry", "fees"])
    func `recorded signatures verify, and those that were broken do not`(name: String) throws {
        let recording = Recording(name)
        let keys = try Self.keys(recording)
        var steps: [String: String] = [:]
        for line in try recording.story() {
            let line = try JSONDecoder().decode(Line.self, from: line)
            if let id = line.id { steps[id] = line.step }
        }
        var pairs: Set<String> = []
        var seen: Set<TransactionID> = []
        for transaction in try Self.transactions(recording) where seen.insert(transaction.id).inserted {
            let step = steps[transaction.id.hex]
            let messages = [
                (transaction.payloadMessage(), transaction.payloadSignatures),
                (transaction.envelopeMessage(), transaction.envelopeSignatures),
            ]
            var allVerify = true
            for (message, signatures) in messages {
                for signature in signatures {
                    let key = keys[.init(address: signature.address, keyIndex: signature.keyIndex)]
                    let verifies = key.map {
                        $0.0.verify(signature: signature.signature, message: message, hash: $0.1)
                    }
                    allVerify = allVerify && verifies == true
                    if verifies == true, let key { pairs.insert("\(key.0.algorithm.rawValue) \(key.1.rawValue)") }
                }
            }
            #expect(allVerify == !Self.broken.contains(step ?? ""), "\(step ?? "unknown") \(transaction.id)")
        }
        #expect(!seen.isEmpty)
        // The id is ours to compute: all that the node named must be among them.
        let ids = Set(seen.map(\.hex))
        let missing = steps.filter { !ids.contains($0.key) }
        #expect(missing.count <= 1, "\(missing)")
        if name == "story" { #expect(pairs.count == 4) }
    }

    private static func keys(_ recording: Recording) throws -> [SigningPlan.Signer: (PublicKey, HashAlgorithm)] {
        var keys: [SigningPlan.Signer: (PublicKey, HashAlgorithm)] = [:]
        for account in try JSONDecoder().decode(Accounts.self, from: recording.accounts()).accounts.values {
            for (index, key) in account.keys.enumerated() {
                let publicKey = try PublicKey(
                    algorithm: SignatureAlgorithm(rawValue: key.signature)!, bytes: Hex.decode(key.public)!)
                let place = SigningPlan.Signer(address: Address(account.address)!, keyIndex: KeyIndex(UInt32(index)))
                keys[place] = (publicKey, HashAlgorithm(rawValue: key.hash)!)
            }
        }
        return keys
    }

    /// Those that were sent, and those that were read back. System transactions carry no signatures.
    private static func transactions(_ recording: Recording) throws -> [Transaction] {
        var all: [Transaction] = []
        for exchange in try recording.exchanges() where exchange.transport == "grpc" {
            if exchange.method.hasSuffix("/SendTransaction"), let request = exchange.request {
                if let sent = try SendTransactionRequest(protobuf: Array(request)).transaction { all.append(sent) }
            } else if exchange.method.hasSuffix("/GetTransactionsByBlockID"), let response = exchange.response {
                all += try TransactionsResponse(protobuf: Array(response)).transactions
                    .filter { !$0.envelopeSignatures.isEmpty }
            }
        }
        return all
    }
}
