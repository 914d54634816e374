import Foundation
import GRPC
import Recordings
import TestSupport
import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

/// Transactions that come as RLP, to be signed by somebody else.
struct TransactionDecodingTests {
    private static func sample() -> Transaction {
        let (proposer, payer, authorizer) = (
            Address(rawValue: 0x01), Address(rawValue: 0xf8d6_e058_6b0a_20c7), Address(rawValue: 0xff00_0000_0000_0000)
        )
        var transaction = Transaction(
            script: Array("transaction { execute { } }".utf8),
            arguments: [Array(#"{"type":"Int","value":"1"}"#.utf8), [], [0x7f]],
            referenceBlockID: BlockID(bytes: (0..<32).map { UInt8($0) })!, computationLimit: 0,
            proposalKey: .init(address: proposer, keyIndex: 0, sequenceNumber: 300), payer: payer,
            authorizers: [authorizer, payer, authorizer])
        transaction.addPayloadSignature(
            .init(address: authorizer, keyIndex: 3, signature: [UInt8](repeating: 7, count: 64)))
        transaction.addPayloadSignature(
            .init(address: proposer, keyIndex: 0, signature: [UInt8](repeating: 0, count: 64)))
        transaction.addEnvelopeSignature(
            .init(
                address: payer, keyIndex: 128, signature: [UInt8](repeating: 9, count: 64), extensionData: [1, 0xc0]))
        return transaction
    }

    @Test func `every form that is signed is read back, with its tag and without`() throws {
        let transaction = Self.sample()
        #expect(try Transaction(rlp: transaction.rlp) == transaction)
        var envelope = transaction
        envelope.envelopeSignatures = []
        #expect(try Transaction(rlp: transaction.envelopeRLP) == envelope)
        #expect(try Transaction(rlp: transaction.envelopeMessage()) == envelope)
        var payload = envelope
        payload.payloadSignatures = []
        #expect(try Transaction(rlp: transaction.payloadRLP) == payload)
        #expect(try Transaction(rlp: transaction.payloadMessage()) == payload)
    }

    @Test func `every recorded transaction is read back`() throws {
        var count = 0
        for exchange in try Recording("story").exchanges() where exchange.method.hasSuffix("/SendTransaction") {
            guard exchange.transport == "grpc", let request = exchange.request,
                let sent = try SendTransactionRequest(protobuf: Array(request)).transaction
            else { continue }
            #expect(try Transaction(rlp: sent.rlp).id == sent.id)
            count += 1
        }
        #expect(count > 10)
    }

    @Test func `no truncation is taken, and no single byte more or less`() {
        for form in [Self.sample().rlp, Self.sample().envelopeRLP, Self.sample().payloadRLP] {
            for count in form.indices {
                #expect(throws: (any Error).self) { try Transaction(rlp: Array(form[..<count])) }
            }
            #expect(throws: (any Error).self) { try Transaction(rlp: form + [0]) }
        }
    }

    @Test func `a changed byte is refused or gives another transaction`() throws {
        let good = Self.sample()
        for index in good.rlp.indices {
            var bytes = good.rlp
            bytes[index] ^= 0x01
            guard let read = try? Transaction(rlp: bytes) else { continue }
            #expect(read != good && read.rlp == bytes, "byte \(index)")
        }
    }

    @Test func `what is not as a node writes it names its field`() throws {
        let good = Self.sample()
        guard case .list(let parts) = try RLP.decode(good.rlp), case .list(let payload) = parts[0] else {
            throw RLPError(.empty, at: 0)
        }
        func refusal(_ index: Int, _ item: RLP.Item) -> String? {
            var fields = payload
            fields[index] = item
            do {
                _ = try Transaction(rlp: RLP.encode(.list([.list(fields)] + parts[1...])))
                return nil
            } catch { return "\(error)" }
        }
        #expect(refusal(0, .list([]))?.hasPrefix("script ") == true)
        #expect(refusal(1, .bytes([]))?.hasPrefix("arguments ") == true)
        #expect(refusal(1, .list([.list([])]))?.hasPrefix("arguments ") == true)
        #expect(refusal(2, .bytes([1]))?.hasPrefix("referenceBlockID ") == true)
        #expect(refusal(3, .bytes([0, 1]))?.hasPrefix("gasLimit ") == true)
        #expect(refusal(4, .bytes([1]))?.hasPrefix("proposalKey.address ") == true)
        #expect(refusal(5, .bytes([1, 0, 0, 0, 0]))?.hasPrefix("proposalKey.keyIndex ") == true)
        #expect(refusal(6, .bytes([UInt8](repeating: 1, count: 9)))?.hasPrefix("proposalKey.sequenceNumber ") == true)
        #expect(refusal(7, .bytes([]))?.hasPrefix("payer ") == true)
        #expect(refusal(8, .list([.bytes([1])]))?.hasPrefix("authorizers ") == true)
        func signature(_ item: RLP.Item) -> String? {
            do {
                _ = try Transaction(rlp: RLP.encode(.list([parts[0], .list([item]), parts[2]])))
                return nil
            } catch { return "\(error)" }
        }
        #expect(signature(.list([.bytes([3]), .bytes([]), .bytes([1])]))?.contains("signerIndex names none") == true)
        #expect(signature(.list([.bytes([]), .bytes([])]))?.contains("payloadSignatures has an entry") == true)
        #expect(signature(.bytes([]))?.contains("payloadSignatures has an entry") == true)
        // A plain scheme byte is never written.
        #expect(signature(.list([.bytes([]), .bytes([]), .bytes([1]), .bytes([0])])) != nil)
        for item: RLP.Item in [.bytes([]), .list([]), .list([.bytes([1])]), .list([parts[0]])] {
            #expect(throws: (any Error).self) { try Transaction(rlp: RLP.encode(item)) }
        }
    }
}
