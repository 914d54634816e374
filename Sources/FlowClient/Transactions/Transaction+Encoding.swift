import Encoding

// The forms of a transaction that are signed and hashed (onflow/flow-go:model/flow/transaction.go). Signatures are encoded
// in the order in which they stand. A node puts them into one order before it hashes them, whichever they arrive in:
// `canonicalized()` is that order, and must come before the envelope is signed.
extension Transaction {
    /// `FLOW-V0.0-transaction`, padded with zeros on the right to 32 bytes.
    public static let domainTag: [UInt8] = {
        let text = Array("FLOW-V0.0-transaction".utf8)
        return text + [UInt8](repeating: 0, count: 32 - text.count)
    }()

    /// What the payload's signers sign (with the hash of their key): domain tag, then the payload.
    public func payloadMessage() -> [UInt8] {
        let layout = Layout(self)
        return RLPWriter.write(count: 32 + layout.payload) { writer in
            writer.raw(Self.domainTag)
            layout.writePayload(&writer)
        }
    }

    /// What the payer signs: domain tag, then payload and payload signatures.
    public func envelopeMessage() -> [UInt8] {
        let layout = Layout(self)
        return RLPWriter.write(count: 32 + layout.envelope) { writer in
            writer.raw(Self.domainTag)
            layout.writeEnvelope(&writer)
        }
    }

    public var payloadRLP: [UInt8] {
        let layout = Layout(self)
        return RLPWriter.write(count: layout.payload) { layout.writePayload(&$0) }
    }

    public var envelopeRLP: [UInt8] {
        let layout = Layout(self)
        return RLPWriter.write(count: layout.envelope) { layout.writeEnvelope(&$0) }
    }

    /// The whole transaction: payload, payload signatures, envelope signatures.
    public var rlp: [UInt8] {
        let layout = Layout(self)
        return RLPWriter.write(count: layout.whole) { layout.writeWhole(&$0) }
    }

    /// SHA3-256 of `rlp`. It covers every signature: signing again gives another id.
    public var id: TransactionID { TransactionID(raw: SHA3.hash256(rlp)) }
}

extension Transaction {
    /// Sizes first, then one forward write.
    struct Layout {
        private let transaction: Transaction
        private let argumentBytes: Int
        private let payloadBytes: Int
        private let payloadSignatureBytes: Int
        private let envelopeSignatureBytes: Int

        var payload: Int { RLP.sizeOfList(payloadBytes) }
        var envelope: Int { RLP.sizeOfList(payload + RLP.sizeOfList(payloadSignatureBytes)) }
        var whole: Int { RLP.sizeOfList(wholeBytes) }
        private var wholeBytes: Int {
            payload + RLP.sizeOfList(payloadSignatureBytes) + RLP.sizeOfList(envelopeSignatureBytes)
        }

        init(_ transaction: Transaction) {
            self.transaction = transaction
            var arguments = 0
            for argument in transaction.arguments { arguments += RLP.size(of: argument) }
            argumentBytes = arguments
            payloadBytes =
                RLP.size(of: transaction.script) + RLP.sizeOfList(arguments) + RLP.sizeOfIdentifier
                + RLP.size(of: transaction.computationLimit) + 2 * RLP.sizeOfAddress
                + RLP.size(of: UInt64(transaction.proposalKey.keyIndex.rawValue))
                + RLP.size(of: transaction.proposalKey.sequenceNumber.rawValue)
                + RLP.sizeOfList(transaction.authorizers.count * RLP.sizeOfAddress)
            payloadSignatureBytes = Self.size(of: transaction.payloadSignatures, in: transaction)
            envelopeSignatureBytes = Self.size(of: transaction.envelopeSignatures, in: transaction)
        }

        func writePayload(_ writer: inout RLPWriter) {
            writer.listHeader(payloadBytes)
            writer.bytes(transaction.script)
            writer.listHeader(argumentBytes)
            for argument in transaction.arguments { writer.bytes(argument) }
            writer.identifier(transaction.referenceBlockID.raw)
            writer.integer(transaction.computationLimit)
            writer.address(transaction.proposalKey.address)
            writer.integer(UInt64(transaction.proposalKey.keyIndex.rawValue))
            writer.integer(transaction.proposalKey.sequenceNumber.rawValue)
            writer.address(transaction.payer)
            writer.listHeader(transaction.authorizers.count * RLP.sizeOfAddress)
            for authorizer in transaction.authorizers { writer.address(authorizer) }
        }

        func writeEnvelope(_ writer: inout RLPWriter) {
            writer.listHeader(payload + RLP.sizeOfList(payloadSignatureBytes))
            writePayload(&writer)
            write(transaction.payloadSignatures, payloadSignatureBytes, &writer)
        }

        func writeWhole(_ writer: inout RLPWriter) {
            writer.listHeader(wholeBytes)
            writePayload(&writer)
            write(transaction.payloadSignatures, payloadSignatureBytes, &writer)
            write(transaction.envelopeSignatures, envelopeSignatureBytes, &writer)
        }

        private static func size(of signatures: [Signature], in transaction: Transaction) -> Int {
            var size = 0
            for signature in signatures { size += RLP.sizeOfList(contents(of: signature, in: transaction)) }
            return size
        }

        private func write(_ signatures: [Signature], _ bytes: Int, _ writer: inout RLPWriter) {
            writer.listHeader(bytes)
            for signature in signatures {
                writer.listHeader(Self.contents(of: signature, in: transaction))
                writer.integer(Self.index(of: signature, in: transaction))
                writer.integer(UInt64(signature.keyIndex.rawValue))
                writer.bytes(signature.signature)
                if signature.scheme != .plain { writer.bytes(signature.extensionData) }
            }
        }

        /// Three elements in the plain scheme, four in any other (FLIP 264).
        private static func contents(of signature: Signature, in transaction: Transaction) -> Int {
            RLP.size(of: index(of: signature, in: transaction)) + RLP.size(of: UInt64(signature.keyIndex.rawValue))
                + RLP.size(of: signature.signature)
                + (signature.scheme == .plain ? 0 : RLP.size(of: signature.extensionData))
        }

        /// A node turns its "no such signer", -1, into an unsigned number before it encodes it.
        private static func index(of signature: Signature, in transaction: Transaction) -> UInt64 {
            UInt64(bitPattern: Int64(transaction.signerIndex(of: signature) ?? -1))
        }
    }
}
