import Cadence
import Encoding
import FlowClient

extension PipeOperations {
    /// RLP, transactions, account keys and addresses.
    static let transactions = [
        PipeOperation("encode-rlp") { input in
            ["hex": .string(Hex.encode(RLP.encode(try rlpItem(PipeField(input, path: "item"), depth: 0))))]
        },
        PipeOperation("decode-rlp") { input in
            ["item": rlpJSON(try RLP.decode(try PipeField(input).hex()))]
        },
        PipeOperation("encode-key") { input in
            ["hex": .string(Hex.encode(try accountKey(PipeField(input)).rlp))]
        },
        PipeOperation("encode-transaction") { input in
            let transaction = try transaction(PipeField(input)).canonicalized()
            return [
                "payloadHex": .string(Hex.encode(transaction.payloadRLP)),
                "envelopeHex": .string(Hex.encode(transaction.envelopeRLP)),
                "transactionHex": .string(Hex.encode(transaction.rlp)), "id": .string(transaction.id.hex),
            ]
        },
        PipeOperation("address") { input in try address(PipeField(input)) },
        PipeOperation("parse-address") { input in
            ["address": .string(try PipeField(input, path: "address").address().hex)]
        },
    ]

    private static func rlpItem(_ field: PipeField, depth: Int) throws(PipeError) -> RLP.Item {
        if field.value.string != nil { return .bytes(try field.hex()) }
        guard depth < RLP.maximumDepth else { throw field.wrong("fewer levels") }
        guard field.value.array != nil else { throw field.wrong("a string of hex, or an array of items") }
        var items: [RLP.Item] = []
        for element in try field.list() { items.append(try rlpItem(element, depth: depth + 1)) }
        return .list(items)
    }

    private static func rlpJSON(_ item: RLP.Item) -> JSON {
        switch item {
        case .bytes(let bytes): .string(Hex.encode(bytes))
        case .list(let items): .array(items.map(rlpJSON))
        }
    }

    private static func accountKey(_ input: PipeField) throws(PipeError) -> AccountKey {
        var key = AccountKey()
        key.publicKey = try input["publicKeyHex"].hex(count: 64)
        key.signatureAlgorithmCode = UInt32(try input["signatureAlgorithmCode"].number(upTo: 3))
        key.hashAlgorithmCode = UInt32(try input["hashAlgorithmCode"].number(upTo: 3))
        key.weight = UInt32(try input["weight"].number(upTo: 1000))
        guard [2, 3].contains(key.signatureAlgorithmCode) else {
            throw try input["signatureAlgorithmCode"].wrong("2 (P-256) or 3 (secp256k1)")
        }
        guard [1, 3].contains(key.hashAlgorithmCode) else {
            throw try input["hashAlgorithmCode"].wrong("1 (SHA2-256) or 3 (SHA3-256)")
        }
        return key
    }

    /// A transaction as the operation `encode-transaction` takes it. Throws with the field's path.
    static func transaction(_ input: PipeField) throws(PipeError) -> Transaction {
        let proposal = try input["proposalKey"]
        guard let reference = BlockID(bytes: try input["referenceBlockID"].hex(count: 32)) else {
            throw try input["referenceBlockID"].wrong("32 bytes in hex")
        }
        var arguments: [[UInt8]] = []
        for argument in try input["argumentsHex"].list() { arguments.append(try argument.hex()) }
        var authorizers: [Address] = []
        for authorizer in try input["authorizers"].list() { authorizers.append(try authorizer.address()) }
        return Transaction(
            script: try input["scriptHex"].hex(), arguments: arguments, referenceBlockID: reference,
            computationLimit: try input["gasLimit"].number(),
            proposalKey: .init(
                address: try proposal["address"].address(), keyIndex: try keyIndex(proposal),
                sequenceNumber: SequenceNumber(try proposal["sequenceNumber"].number())),
            payer: try input["payer"].address(), authorizers: authorizers,
            payloadSignatures: try signatures(try input["payloadSignatures"]),
            envelopeSignatures: try signatures(try input["envelopeSignatures"]))
    }

    private static func signatures(_ input: PipeField) throws(PipeError) -> [Transaction.Signature] {
        var signatures: [Transaction.Signature] = []
        for entry in try input.list() {
            let index = try entry.optional("signerIndex")?.number(upTo: UInt64(UInt32.max))
            // An index that is given needs no address to be looked up by.
            let address = index == nil ? try entry["address"].address() : try entry.optional("address")?.address()
            var signature = Transaction.Signature(
                address: address ?? Address(rawValue: 0), keyIndex: try keyIndex(entry),
                signature: try entry["signature"].hex(),
                extensionData: try entry.optional("extensionData")?.hex() ?? [])
            signature.signerIndex = index.map { Int($0) }
            signatures.append(signature)
        }
        return signatures
    }

    private static func keyIndex(_ input: PipeField) throws(PipeError) -> KeyIndex {
        KeyIndex(UInt32(try input["keyIndex"].number(upTo: UInt64(UInt32.max))))
    }

    private static func address(_ input: PipeField) throws(PipeError) -> JSON {
        let chain = ChainID(try input["chain"].text())
        guard let generator = AddressGenerator(chain: chain) else {
            throw try input["chain"].wrong("a chain whose addresses are known, not \(chain)")
        }
        if let index = try input.optional("index") {
            guard let address = generator.address(at: try index.number()) else {
                throw index.wrong("a number from 1 to \(AddressGenerator.maximumIndex)")
            }
            return ["address": .string(address.hex)]
        }
        guard let index = generator.index(of: try input["address"].address()) else { return ["valid": false] }
        return ["valid": true, "index": .number("\(index)")]
    }
}
