import Cadence
import Encoding
import FlowClient

extension Transaction {
    /// The transaction that `rlp` is the form of: how attempts are kept. Plain signatures only, which is what we make.
    /// Nil where the bytes are not that.
    init?(stored bytes: [UInt8]) {
        guard let whole = try? RLP.decode(bytes), let parts = whole.list, parts.count == 3, let payload = parts[0].list,
            payload.count == 9, let script = payload[0].bytes, let arguments = payload[1].list?.compactMap(\.bytes),
            let reference = payload[2].bytes.flatMap({ BlockID(bytes: $0) }), let limit = payload[3].number,
            let proposer = payload[4].address, let keyIndex = payload[5].number.flatMap({ UInt32(exactly: $0) }),
            let number = payload[6].number, let payer = payload[7].address,
            let authorizers = payload[8].list?.compactMap(\.address), let inner = parts[1].list,
            let outer = parts[2].list
        else { return nil }
        self.init(
            script: script, arguments: arguments, referenceBlockID: reference, computationLimit: limit,
            proposalKey: .init(
                address: proposer, keyIndex: KeyIndex(keyIndex), sequenceNumber: SequenceNumber(number)),
            payer: payer, authorizers: authorizers)
        let signers = signers
        for (item, isEnvelope) in inner.map({ ($0, false) }) + outer.map({ ($0, true) }) {
            guard let line = item.list, line.count == 3, let at = line[0].number, at < UInt64(signers.count),
                let key = line[1].number.flatMap({ UInt32(exactly: $0) }), let signature = line[2].bytes
            else { return nil }
            let made = Signature(address: signers[Int(at)], keyIndex: KeyIndex(key), signature: signature)
            if isEnvelope { envelopeSignatures.append(made) } else { payloadSignatures.append(made) }
        }
        guard rlp == bytes else { return nil }
    }

    /// What the transaction does, whoever proposes and whenever: script and arguments, each with its length.
    var contentDigest: [UInt8] {
        let item = RLP.Item.list([.bytes(script), .list(arguments.map(RLP.Item.bytes))])
        return SHA3.hash256(RLP.encode(item)).bytes
    }
}

extension RLP.Item {
    fileprivate var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    fileprivate var list: [RLP.Item]? { if case .list(let items) = self { items } else { nil } }
    fileprivate var address: Address? { bytes.flatMap { Address(bytes: $0) } }
    fileprivate var number: UInt64? {
        bytes.flatMap { $0.count <= 8 ? $0.reduce(0) { $0 << 8 | UInt64($1) } : nil }
    }
}
