import Encoding
import Cadence
import FlowClient
import GRPC
import Signer

/// A transaction of some 750 bytes with one envelope signature, as a lane sends it.
enum SampleTransaction {
    static let account = Address("f8d6e0586b0a20c7")!
    static let text = "a text of some length"
    static let number = UInt64.max
    static let scriptText =
        "transaction(text: String, number: UInt64) { execute { log(text); log(number) } }"
        + String(repeating: " // as long as others", count: 20)
    private static let script = Array(scriptText.utf8)
    static let scalar = [UInt8](repeating: 0x11, count: 32)

    static func unsigned() -> Transaction {
        Transaction(
            script: script, arguments: [JSONCDC.encode(.string(text)), JSONCDC.encode(.uint64(number))],
            referenceBlockID: .zero, proposalKey: .init(address: account, keyIndex: 3, sequenceNumber: 17),
            payer: account, authorizers: [account])
    }

    /// Built, its message made, and encoded for the wire around a signature that is there already.
    static func encode(signature: [UInt8]) {
        var transaction = unsigned()
        consume(transaction.envelopeMessage())
        transaction.addEnvelopeSignature(.init(address: account, keyIndex: 3, signature: signature))
        consume(transaction.protobuf)
    }

    /// Built, hashed, signed, encoded for the wire.
    static func sign(_ signer: InMemorySigner, withID: Bool = false) throws {
        var transaction = unsigned()
        let signature = try signer.signNow(transaction.envelopeMessage())
        transaction.addEnvelopeSignature(.init(address: account, keyIndex: 3, signature: signature))
        consume(transaction.protobuf)
        if withID { consume(transaction.id) }
    }

    /// What flow-py-sdk does to the same end.
    static func peer(signing: Bool) -> PythonPeer.Request {
        .init(
            job: "transaction", account: account.hex, script: scriptText, text: text, number: number,
            scalar: signing ? Hex.encode(scalar) : nil)
    }
}
