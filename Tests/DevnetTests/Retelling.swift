import Cadence
import Encoding
import FlowClient
import Foundation
import Signer
import Testing

@testable import Devnet

/// Tells a recorded story to a devnet: each transaction again with the same script, the same arguments and signatures by
/// the same keys, in a block of the same height and time, and what became of it compared. Ids of blocks, transactions and
/// tokens differ from chain to chain: each recorded one must stand for one of ours, throughout.
final class Retelling {
    let recorded: Recorded
    let node: DevnetNode
    private var numbers: [UInt64: UInt64] = [:]
    /// Ours by the recorded ones.
    var ids: [TransactionID: TransactionID] = [:]
    let headers: [BlockID: (height: UInt64, timestamp: Timestamp)]
    private let timestamps: [UInt64: Timestamp]
    /// Steps that differ in what is known and said.
    var differing: [String: (Difference) -> Bool] = [:]
    /// Fields of events that need not agree.
    var ignoredFields: Set<String> = []
    private(set) var compared = 0

    struct Difference {
        var expected: String
        var found: String
    }

    init(_ name: String, _ change: (inout DevnetConfiguration) -> Void = { _ in }) throws {
        recorded = try Recorded(name)
        let service = recorded.keys[Address(rawValue: 0xf8d6_e058_6b0a_20c7)]![0]
        var configuration = DevnetConfiguration(
            servicePublicKey: try service.signer().publicKey, serviceHash: try service.signer().hashAlgorithm,
            blockMaking: .onDemand)
        configuration.programs = TestPrograms.all
        change(&configuration)
        node = try DevnetNode(configuration: configuration)
        headers = recorded.headers
        timestamps = Dictionary(headers.values.map { ($0.height, $0.timestamp) }) { a, _ in a }
    }

    /// Sends everything that was sent over gRPC.
    func tell() async throws {
        var lines = Dictionary(grouping: recorded.lines, by: \.id)
        let sends = recorded.exchanges.filter { $0.method.hasSuffix("/SendTransaction") && $0.transport == "grpc" }
            .map { Wire($0.requestBytes)[message: 1]!.transaction }
        var told: [(Transaction, Recorded.Line?)] = []
        for transaction in sends {
            let line = lines[transaction.id]?.first
            if line != nil { lines[transaction.id]?.removeFirst() }
            told.append((transaction, line))
        }
        try await tell(told)
    }

    /// Sends what the blocks held, in their order, each in its block.
    func tellBlocks() async throws {
        let lines = Dictionary(uniqueKeysWithValues: recorded.lines.map { ($0.id, $0) })
        let blocks = recorded.exchanges.filter { $0.method.hasSuffix("/GetTransactionsByBlockID") }
        let transactions = blocks.flatMap { Wire($0.responseBytes)[all: 1] }.map { Wire($0).transaction }
        try await tell(transactions.filter { !$0.envelopeSignatures.isEmpty }.map { ($0, lines[$0.id]) })
    }

    /// Sends these, each with the line that tells what became of it; those of one height go into one block.
    func tell(_ transactions: [(Transaction, Recorded.Line?)]) async throws {
        var waiting: [(TransactionID, Recorded.Line)] = []
        for (at, (transaction, line)) in transactions.enumerated() {
            let height = line?.height ?? 0
            let head = line?.refused.split(separator: "final_height=").dropFirst().last.flatMap { UInt64($0) }
            while let head, node.finalizedHeight.rawValue < head { makeBlock() }
            if height > 0 { while node.finalizedHeight.rawValue + 1 < height { makeBlock() } }
            // What is refused was made of the head of its time.
            if height == 0, let reference = headers[transaction.referenceBlockID] { makeBlocks(to: reference.height) }
            let ours = try resigned(transaction)
            ids[transaction.id] = ours.id
            do {
                _ = try await node.send(ours)
                #expect(line?.refused ?? "" == "", "\(line?.step ?? ""): accepted")
            } catch let error as AccessError {
                compareRefusal(line, error)
                continue
            }
            if let line { waiting.append((ours.id, line)) }
            let next = at + 1 < transactions.count ? transactions[at + 1].1 : nil
            if let line, height > 0, next?.height == height, next?.id != line.id { continue }
            // What was sent again while it waited is refused before there is a block.
            if line?.height == 0, next?.id == line?.id { continue }
            makeBlock()
            for (id, line) in waiting { try await compare(id, line) }
            waiting = []
        }
    }

    /// Up to that height, each at its recorded time.
    func makeBlocks(to height: UInt64) {
        while node.finalizedHeight.rawValue < height { makeBlock() }
    }

    func makeBlock() {
        let next = node.finalizedHeight.rawValue + 1
        // Where no block was asked for: some time after the last one that was.
        let known = timestamps[next]
        let fallback = timestamps.filter { $0.key < next }.max { $0.key < $1.key }
        let time =
            known
            ?? Timestamp(
                seconds: (fallback?.value.seconds ?? 1_795_304_900) + Int64(next - (fallback?.key ?? 0)) / 4 + 1)
        node.makeBlock(at: time)
    }

    private func compareRefusal(_ line: Recorded.Line?, _ error: AccessError) {
        guard let line else {
            Issue.record("refused, and nothing was recorded: \(error)")
            return
        }
        let name = error.code == .internal ? "Internal" : "InvalidArgument"
        expectSame(line.step, mapped(line.refused), "rpc error: code = \(name) desc = \(error.message)")
        compared += 1
    }

    private func compare(_ id: TransactionID, _ line: Recorded.Line) async throws {
        let result = try await node.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
        #expect(result.status == .sealed, "\(line.step)")
        if line.height > 0 { #expect(result.blockHeight.rawValue == line.height, "\(line.step)") }
        #expect(result.statusCode == (line.error.isEmpty ? 0 : 1), "\(line.step): \(result.errorMessage)")
        #expect(result.events.map(\.type) == line.events.map(\.type), "\(line.step)")
        for (ours, theirs) in zip(result.events, line.events) {
            let value = try JSONCDC.decode(ours.payload)
            #expect(same(theirs.value, value), "\(line.step): \(theirs.type)\n\(theirs.value)\n\(value)")
        }
        expectSame(line.step, mapped(line.error), result.errorMessage)
        compared += 1
    }

    private func expectSame(_ step: String, _ expected: String, _ found: String) {
        if let isAllowed = differing[step], isAllowed(Difference(expected: expected, found: found)) { return }
        #expect(expected == found, "\(step)")
    }
}

extension Retelling {
    /// The same transaction for our chain: reference block and arguments translated, signed again by the keys that signed.
    /// What was signed wrongly is signed wrongly again.
    func resigned(_ transaction: Transaction) throws -> Transaction {
        var ours = transaction
        if let header = headers[transaction.referenceBlockID], header.height <= node.finalizedHeight.rawValue {
            ours.referenceBlockID = node.blockID(at: BlockHeight(header.height)) ?? transaction.referenceBlockID
        }
        let parameters = ScriptHeader(String(decoding: transaction.script, as: UTF8.self))?.parameters ?? []
        for (index, parameter) in parameters.enumerated()
        where index < ours.arguments.count && Self.idParameters.contains(parameter.name)
            && parameter.type.contains("UInt64")
        {
            ours.arguments[index] = Array(
                mapped(String(decoding: ours.arguments[index], as: UTF8.self), isID: { $0 > 64 }).utf8)
        }
        ours.payloadSignatures = try transaction.payloadSignatures.map {
            try signature($0, theirs: transaction.payloadMessage(), ours: ours.payloadMessage())
        }
        ours.envelopeSignatures = try transaction.envelopeSignatures.map {
            try signature($0, theirs: transaction.envelopeMessage(), ours: ours.envelopeMessage())
        }
        return ours
    }

    private func signature(
        _ signature: Transaction.Signature, theirs: [UInt8], ours: [UInt8]
    ) throws -> Transaction.Signature {
        guard signature.signature.count == 64, signature.signature.contains(where: { $0 != 0 }),
            let keys = recorded.keys[signature.address]
        else { return signature }
        let key = keys[min(Int(signature.keyIndex.rawValue), keys.count - 1)]
        let signer = try key.signer()
        var made = signature
        made.signature = try signer.signNow(ours)
        if !signer.publicKey.verify(signature: signature.signature, message: theirs, hash: signer.hashAlgorithm) {
            made.signature[40] ^= 1
        } else if Curve.isHigh(Array(signature.signature[32...]), key.signature)
            != Curve.isHigh(
                Array(made.signature[32...]), key.signature)
        {
            made.signature = Array(made.signature[..<32]) + Curve.negated(Array(made.signature[32...]), key.signature)
        }
        return made
    }

    /// Parameters and fields that hold ids of tokens, listings, collections and vaults: on the recorded chain some of them
    /// are small numbers, which elsewhere are serials and counts.
    private static let idParameters: Set<String> = [
        "id", "ids", "listingResourceID", "listingResourceIDs", "passIDs", "collectibleIDs",
    ]
    private static let idFields: Set<String> = [
        "id", "uuid", "fromUUID", "toUUID", "withdrawnUUID", "depositedUUID", "collectionUUID", "providerUUID", "nftID",
        "nftUUID", "listingResourceID", "storefrontResourceID",
    ]

    /// A recorded text with its ids replaced by ours: those that can't be anything else, unless told.
    func mapped(_ text: String, isID: (UInt64) -> Bool = { $0 > 1 << 40 }) -> String {
        var out = ""
        var word = ""
        func flush() {
            if word.utf8.count == 64, let id = TransactionID(hex: word), let ours = ids[id] {
                out += ours.hex
            } else if let number = UInt64(word), let ours = numbers[number], isID(number) || out.hasSuffix("no token ")
            {
                out += String(ours)
            } else {
                out += word
            }
            word = ""
        }
        for character in text {
            if character.isHexDigit {
                word.append(character)
            } else {
                flush()
                out.append(character)
            }
        }
        flush()
        return out
    }

    /// A recorded token or listing as ours.
    func ours(_ number: UInt64) -> UInt64 { numbers[number] ?? number }

    /// Whether two values are the same but for ids, which must stand for one another from now on.
    func same(_ theirs: CadenceValue, _ ours: CadenceValue, field: String = "") -> Bool {
        switch (theirs, ours) {
        case (.uint64(let a), .uint64(let b)) where Self.idFields.contains(field):
            if let known = numbers[a] { return known == b }
            // The vaults of the chain's own accounts are the same everywhere.
            guard a > 16, b > 16 else { return a == b }
            numbers[a] = b
            return true
        case (.string(let a), .string(let b)):
            return a == b || field == "item" && UInt64(a).flatMap { numbers[$0] }.map(String.init) == b
        case (.optional(let a?), .optional(let b?)): return same(a, b, field: field)
        case (.array(let a), .array(let b)):
            return a.elements.count == b.elements.count && zip(a.elements, b.elements).allSatisfy { same($0, $1) }
        case (.composite(let a), .composite(let b)):
            return a.typeID == b.typeID && a.kind == b.kind && a.fields.map(\.name) == b.fields.map(\.name)
                && zip(a.fields, b.fields).allSatisfy {
                    ignoredFields.contains($0.name) || same($0.value, $1.value, field: $0.name)
                }
        default: return theirs == ours
        }
    }
}

/// Orders of the curves, for signatures with the other S.
enum Curve {
    private static let orders = [
        "ECDSA_P256": "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ECDSA_secp256k1": "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
    ].mapValues { Hex.decode($0)! }

    /// order − s
    static func negated(_ s: [UInt8], _ curve: String) -> [UInt8] {
        var result = orders[curve]!
        var borrow = 0
        for index in stride(from: 31, through: 0, by: -1) {
            let difference = Int(result[index]) - Int(s[index]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[index] = UInt8(difference + borrow * 256)
        }
        return result
    }

    static func isHigh(_ s: [UInt8], _ curve: String) -> Bool {
        negated(s, curve).lexicographicallyPrecedes(s)
    }
}
