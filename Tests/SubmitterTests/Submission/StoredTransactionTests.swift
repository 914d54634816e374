import Cadence
import FlowClient
import Testing

@testable import Submitter

@Suite struct StoredTransactionTests {
    static var sample: Transaction {
        var transaction = Transaction(
            script: Array("transaction {}".utf8), arguments: [Array("{}".utf8), []],
            referenceBlockID: BlockID(bytes: [UInt8](repeating: 9, count: 32))!, computationLimit: 9999,
            proposalKey: .init(
                address: Address(rawValue: 0x179b_6b1c_b675_5e31), keyIndex: 300, sequenceNumber: 70_000),
            payer: Address(rawValue: 0x179b_6b1c_b675_5e31), authorizers: [Address(rawValue: 0x179b_6b1c_b675_5e31)])
        transaction.addEnvelopeSignature(
            .init(
                address: Address(rawValue: 0x179b_6b1c_b675_5e31), keyIndex: 0,
                signature: [UInt8](repeating: 1, count: 64)))
        transaction.addEnvelopeSignature(
            .init(
                address: Address(rawValue: 0x179b_6b1c_b675_5e31), keyIndex: 300,
                signature: [UInt8](repeating: 0, count: 64)))
        return transaction
    }

    @Test func `what was recorded is sent byte for byte`() throws {
        let stored = try #require(Transaction(stored: Self.sample.rlp))
        #expect(stored.id == Self.sample.id)
        #expect(stored.rlp == Self.sample.rlp)
        #expect(stored.envelopeSignatures.map(\.keyIndex) == [0, 300])
    }

    @Test func `bytes that were cut off or changed are no transaction`() {
        let bytes = Self.sample.rlp
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(Transaction(stored: Array(bytes.prefix(count))) == nil)
        }
        #expect(Transaction(stored: bytes + [0]) == nil)
    }

    @Test func `the content is the same whoever proposes and whenever, and another with other arguments`() {
        var other = Self.sample
        other.proposalKey.sequenceNumber = 1
        other.referenceBlockID = .zero
        #expect(other.contentDigest == Self.sample.contentDigest)
        other.arguments = [Array("{".utf8), Array("}".utf8)]
        #expect(other.contentDigest != Self.sample.contentDigest)
    }
}
