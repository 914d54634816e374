import Cadence
import Encoding
import HTTP

/// A transaction as it is posted: the fields that are signed, and the signatures. The `arguments` of the topic
/// `send_and_get_transaction_statuses` are the same.
struct TransactionPost {
    let transaction: Transaction

    /// - Throws: `AccessError.invalidArgument` for an argument without a byte: nodes skip it, and those behind it would be
    ///   taken for it (onflow/flow-go engine/access/rest/common/parser/arguments.go).
    init(_ transaction: Transaction) throws {
        if let at = transaction.arguments.firstIndex(of: []) {
            throw AccessError(.invalidArgument, "argument \(at) is empty")
        }
        self.transaction = transaction
    }

    var json: JSON {
        [
            "script": text(transaction.script), "arguments": .array(transaction.arguments.map(text)),
            "reference_block_id": .string(transaction.referenceBlockID.hex),
            "gas_limit": quoted(transaction.computationLimit), "payer": .string(transaction.payer.hex),
            "proposal_key": [
                "address": .string(transaction.proposalKey.address.hex),
                "key_index": quoted(transaction.proposalKey.keyIndex.rawValue),
                "sequence_number": quoted(transaction.proposalKey.sequenceNumber.rawValue),
            ], "authorizers": .array(transaction.authorizers.map { .string($0.hex) }),
            "payload_signatures": .array(transaction.payloadSignatures.map(signature)),
            "envelope_signatures": .array(transaction.envelopeSignatures.map(signature)),
        ]
    }

    private func signature(_ signature: Transaction.Signature) -> JSON {
        var members = [
            JSON.Member("address", .string(signature.address.hex)),
            JSON.Member("key_index", quoted(signature.keyIndex.rawValue)),
            JSON.Member("signature", text(signature.signature)),
        ]
        if !signature.extensionData.isEmpty { members.append(.init("extension_data", text(signature.extensionData))) }
        return .object(members)
    }

    private func text(_ bytes: [UInt8]) -> JSON { .string(Base64.encode(bytes)) }
    /// All of 64 bits stand in strings.
    private func quoted(_ value: some BinaryInteger) -> JSON { .string(String(value)) }
}
