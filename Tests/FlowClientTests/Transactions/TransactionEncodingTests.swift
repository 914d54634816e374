import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

struct TransactionEncodingTests {
    private static let a = Address("01")!
    private static let b = Address("02")!
    private static let c = Address("03")!

    private static func transaction(authorizers: [Address] = [a], payer: Address = a) -> Transaction {
        Transaction(
            script: Array(#"transaction { execute { log("Hello, World!") } }"#.utf8), arguments: [],
            referenceBlockID: BlockID(hex: "f0e4c2f76c58916ec258f246851bea091d14d4247a2fc3e18694461b1816e13b")!,
            computationLimit: 42, proposalKey: .init(address: a, keyIndex: 4, sequenceNumber: 10), payer: payer,
            authorizers: authorizers)
    }

    private static func signature(_ address: Address, _ key: KeyIndex, _ byte: UInt8 = 7) -> Transaction.Signature {
        .init(address: address, keyIndex: key, signature: [byte, byte])
    }

    @Test func `the published payload of an SDK is what is written`() {
        #expect(
            Hex.encode(Self.transaction().payloadRLP)
                == "f872b07472616e73616374696f6e207b2065786563757465207b206c6f67282248656c6c6f2c20576f726c64212229207d207dc0"
                + "a0f0e4c2f76c58916ec258f246851bea091d14d4247a2fc3e18694461b1816e13b2a880000000000000001040a88000000000000"
                + "0001c9880000000000000001")
    }

    @Test func `messages are the domain tag before the same bytes`() {
        var transaction = Self.transaction()
        transaction.addPayloadSignature(Self.signature(Self.a, 4))
        #expect(transaction.payloadMessage() == Transaction.domainTag + transaction.payloadRLP)
        #expect(transaction.envelopeMessage() == Transaction.domainTag + transaction.envelopeRLP)
        #expect(Hex.encode(Transaction.domainTag) == "464c4f572d56302e302d7472616e73616374696f6e0000000000000000000000")
    }

    @Test func `signers are proposer, payer and authorizers, each once`() {
        let transaction = Self.transaction(authorizers: [Self.c, Self.a, Self.c, Self.b], payer: Self.b)
        #expect(transaction.signers == [Self.a, Self.b, Self.c])
        #expect(transaction.signerIndex(of: Self.c) == 2)
        #expect(Self.transaction().signers == [Self.a])
        #expect(Self.transaction(authorizers: [Self.b, Self.c]).signerIndex(of: Self.c) == 2)
        #expect(transaction.signerIndex(of: Address("04")!) == nil)
    }

    @Test func `signatures are sorted by signer, then by key, and encoded as they stand`() {
        var transaction = Self.transaction(authorizers: [Self.b, Self.c])
        transaction.payloadSignatures = [
            Self.signature(Self.c, 0), Self.signature(Self.b, 9), Self.signature(Self.b, 1),
        ]
        let canonical = transaction.canonicalized()
        #expect(canonical.payloadSignatures.map(\.keyIndex) == [1, 9, 0])
        #expect(canonical.id != transaction.id)
        var added = Self.transaction(authorizers: [Self.b, Self.c])
        for signature in transaction.payloadSignatures { added.addPayloadSignature(signature) }
        #expect(added == canonical)
    }

    @Test func `a plain scheme byte changes nothing, any other is hashed as a fourth element`() throws {
        var plain = Self.transaction()
        plain.addEnvelopeSignature(Self.signature(Self.a, 4))
        var zero = plain
        zero.envelopeSignatures[0].extensionData = [0]
        #expect(zero.id == plain.id)
        var passkey = plain
        passkey.envelopeSignatures[0].extensionData = [1, 0xc0]
        guard case .list(let whole) = try RLP.decode(passkey.rlp), case .list(let lines) = whole[2] else {
            return #expect(Bool(false))
        }
        #expect(lines == [.list([.bytes([]), .bytes([4]), .bytes([7, 7]), .bytes([1, 0xc0])])])
    }

    @Test func `a stranger's signature has the index that a node gives it`() throws {
        var transaction = Self.transaction()
        transaction.addPayloadSignature(Self.signature(Self.c, 0))
        guard case .list(let whole) = try RLP.decode(transaction.rlp), case .list(let lines) = whole[1],
            case .list(let fields) = lines[0]
        else { return #expect(Bool(false)) }
        #expect(fields[0] == .bytes([UInt8](repeating: 0xff, count: 8)))
    }

    @Test func `whatever is in it, a transaction is valid RLP of the declared shape`() throws {
        for seed in 0..<200 {
            var transaction = Self.transaction(authorizers: Array(repeating: Self.b, count: seed % 9))
            transaction.script = [UInt8](repeating: 0x80, count: seed * 37 % 300)
            transaction.arguments = (0..<seed % 7).map { [UInt8](repeating: UInt8($0), count: $0 * seed) }
            transaction.computationLimit = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15
            for key in 0..<seed % 5 {
                transaction.addPayloadSignature(Self.signature(Self.a, KeyIndex(UInt32(key * 100))))
            }
            guard case .list(let whole) = try RLP.decode(transaction.rlp), case .list(let fields) = whole[0] else {
                return #expect(Bool(false))
            }
            #expect(whole.count == 3 && fields.count == 9)
            #expect(fields[0] == .bytes(transaction.script))
            #expect(fields[1] == .list(transaction.arguments.map { .bytes($0) }))
        }
    }
}
