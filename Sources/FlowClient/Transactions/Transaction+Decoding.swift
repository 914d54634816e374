import Cadence
import Encoding

extension Transaction {
    /// Reads what the signing forms say: the whole transaction (payload, payload signatures, envelope signatures), the
    /// envelope (payload, payload signatures) or the payload alone, all in RLP and with the domain tag before it or not.
    ///
    /// Only what comes out the same when it is written again is taken, so that what is shown and checked is what is signed.
    /// Signatures may stand in any order, and come out in the one that nodes hash: a transaction has one id.
    /// Throws `RLPError`, or `TransactionFormError` naming the field.
    public init(rlp bytes: [UInt8]) throws {
        let untagged = bytes.starts(with: Self.domainTag) ? Array(bytes.dropFirst(32)) : bytes
        let form = Form(try RLP.decode(untagged))
        switch form.items {
        case let parts? where parts.count == 9:
            self = try Self.payload(parts)
            try Self.require(payloadRLP == untagged)
        case let parts? where parts.count == 2 || parts.count == 3:
            guard let fields = parts[0].items, fields.count == 9 else {
                throw TransactionFormError("payload", "is no list of 9 fields")
            }
            self = try Self.payload(fields)
            payloadSignatures = try Self.signatures(parts[1], "payloadSignatures", of: self)
            if parts.count == 3 { envelopeSignatures = try Self.signatures(parts[2], "envelopeSignatures", of: self) }
            try Self.require((parts.count == 3 ? rlp : envelopeRLP) == untagged)
            self = canonicalized()
        default:
            throw TransactionFormError("transaction", "is no payload, envelope or whole transaction")
        }
    }

    private static func require(_ isSame: Bool) throws(TransactionFormError) {
        guard isSame else {
            throw TransactionFormError("transaction", "is not written as nodes write it, so it can't be signed")
        }
    }

    private static func payload(_ fields: [Form]) throws(TransactionFormError) -> Transaction {
        var arguments: [[UInt8]] = []
        for argument in try fields[1].list("arguments") { arguments.append(try argument.bytes("arguments")) }
        var authorizers: [Address] = []
        for authorizer in try fields[8].list("authorizers") {
            authorizers.append(try authorizer.address("authorizers"))
        }
        guard let reference = BlockID(bytes: try fields[2].bytes("referenceBlockID")) else {
            throw TransactionFormError("referenceBlockID", "has not 32 bytes")
        }
        return Transaction(
            script: try fields[0].bytes("script"), arguments: arguments, referenceBlockID: reference,
            computationLimit: try fields[3].integer("gasLimit"),
            proposalKey: .init(
                address: try fields[4].address("proposalKey.address"),
                keyIndex: try fields[5].keyIndex("proposalKey.keyIndex"),
                sequenceNumber: SequenceNumber(try fields[6].integer("proposalKey.sequenceNumber"))),
            payer: try fields[7].address("payer"), authorizers: authorizers)
    }

    private static func signatures(
        _ form: Form, _ name: String, of transaction: Transaction
    ) throws(TransactionFormError) -> [Signature] {
        let signers = transaction.signers
        var signatures: [Signature] = []
        for entry in try form.list(name) {
            guard let fields = entry.items, fields.count == 3 || fields.count == 4 else {
                throw TransactionFormError(name, "has an entry that is no list of 3 or 4 fields")
            }
            let index = try fields[0].integer("\(name).signerIndex")
            guard index < UInt64(signers.count) else {
                throw TransactionFormError(
                    "\(name).signerIndex", "names none of the transaction's \(signers.count) signers")
            }
            signatures.append(
                Signature(
                    address: signers[Int(index)], keyIndex: try fields[1].keyIndex("\(name).keyIndex"),
                    signature: try fields[2].bytes("\(name).signature"),
                    extensionData: fields.count == 4 ? try fields[3].bytes("\(name).extensionData") : []))
        }
        return signatures
    }
}

/// Why bytes are no transaction: which field, and what is wrong with it.
public struct TransactionFormError: Error, Hashable, Sendable, CustomStringConvertible {
    public let field: String
    public let problem: String

    init(_ field: String, _ problem: String) {
        self.field = field
        self.problem = problem
    }

    public var description: String { "\(field) \(problem)" }
}

/// An item of RLP that is expected to be something.
private struct Form {
    private let item: RLP.Item

    init(_ item: RLP.Item) { self.item = item }

    var items: [Form]? {
        if case .list(let items) = item { items.map(Form.init) } else { nil }
    }

    func list(_ name: String) throws(TransactionFormError) -> [Form] {
        guard let items else { throw TransactionFormError(name, "is no list") }
        return items
    }

    func bytes(_ name: String) throws(TransactionFormError) -> [UInt8] {
        guard case .bytes(let bytes) = item else { throw TransactionFormError(name, "is no byte string") }
        return bytes
    }

    func address(_ name: String) throws(TransactionFormError) -> Address {
        guard let address = Address(bytes: try bytes(name)) else {
            throw TransactionFormError(name, "has not 8 bytes")
        }
        return address
    }

    func integer(_ name: String) throws(TransactionFormError) -> UInt64 {
        let bytes = try bytes(name)
        guard bytes.count <= 8, bytes.first != 0 else {
            throw TransactionFormError(name, "is no number of 64 bits without leading zeros")
        }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    func keyIndex(_ name: String) throws(TransactionFormError) -> KeyIndex {
        guard let index = UInt32(exactly: try integer(name)) else {
            throw TransactionFormError(name, "is no number of 32 bits")
        }
        return KeyIndex(index)
    }
}
