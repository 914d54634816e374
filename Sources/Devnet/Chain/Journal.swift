import Cadence
import Encoding
import FlowClient
import Foundation
import Signer

/// Blocks and what was in them, appended to a file, so that the chain can be executed again: a line `K <public key>` with
/// the service account's key, then a line `T <RLP in base64>` for each transaction and a line `B <height> <milliseconds>`
/// for its block. A last line that was cut short is left out. Written without fsync: a devnet may lose its last moments.
struct Journal: Sendable {
    private let handle: FileHandle

    /// Executes what the file holds on `chain`, which must be new, and goes on from its end.
    init(path: String, replaying chain: inout Chain) throws(JournalError) {
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw JournalError("the journal \(path) can't be created")
            }
        }
        guard let handle = FileHandle(forUpdatingAtPath: path) else {
            throw JournalError("the journal \(path) can't be opened for reading and writing")
        }
        self.handle = handle
        do {
            let bytes = try handle.readToEnd() ?? Data()
            let whole = bytes.lastIndex(of: 0x0a).map { bytes[...$0] } ?? Data()
            var kept = 0
            var waiting: [Transaction] = []
            for line in whole.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast() {
                let words = String(decoding: line, as: UTF8.self).split(separator: " ")
                kept += line.count + 1
                try Self.replay(words, &waiting, on: &chain)
            }
            // Transactions whose block was not written were never in one.
            try handle.truncate(atOffset: UInt64(kept - Self.tail(waiting)))
            try handle.seekToEnd()
            if kept == 0 { try handle.write(contentsOf: Data("K \(Self.key(of: chain))\n".utf8)) }
        } catch let error as JournalError {
            throw error
        } catch {
            throw JournalError("the journal \(path): \(error.localizedDescription)")
        }
    }

    func append(_ block: BlockRecord) throws {
        var text = ""
        for record in block.transactions { text += Self.line(of: record.transaction) }
        text += "B \(block.header.height) \(block.header.timestamp.milliseconds)\n"
        try handle.write(contentsOf: Data(text.utf8))
    }

    private static func key(of chain: Chain) -> String { Hex.encode(chain.configuration.servicePublicKey.bytes) }

    private static func line(of transaction: Transaction) -> String {
        "T \(Data(transaction.rlp).base64EncodedString())\n"
    }

    private static func tail(_ waiting: [Transaction]) -> Int { waiting.reduce(0) { $0 + line(of: $1).utf8.count } }

    private static func replay(
        _ words: [Substring], _ waiting: inout [Transaction], on chain: inout Chain
    ) throws(JournalError) {
        switch (words.first, words.count) {
        case ("K", 2):
            guard words[1] == key(of: chain) else {
                throw JournalError("the journal is of a chain with another service key")
            }
        case ("T", 2):
            guard let bytes = Data(base64Encoded: String(words[1])), let transaction = Transaction(rlp: Array(bytes))
            else {
                throw JournalError("a transaction in the journal can't be read")
            }
            waiting.append(transaction)
        case ("B", 3):
            guard let height = UInt64(words[1]), let time = Int64(words[2]),
                height == chain.finalizedHeight.rawValue + 1
            else { throw JournalError("block \(words[1]) of the journal does not follow \(chain.finalizedHeight)") }
            let timestamp = Timestamp(seconds: time / 1000, nanoseconds: Int32(time % 1000) * 1_000_000)
            _ = chain.makeBlock(at: timestamp, of: waiting)
            waiting = []
        default:
            throw JournalError("a line of the journal can't be read")
        }
    }
}

struct JournalError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

extension Transaction {
    /// From the form whose hash is the id: payload, payload signatures, envelope signatures. Nil where it is not one.
    init?(rlp bytes: [UInt8]) {
        guard case .list(let parts)? = try? RLP.decode(bytes), parts.count == 3, case .list(let payload) = parts[0],
            case .list(let payloadSignatures) = parts[1], case .list(let envelopeSignatures) = parts[2],
            payload.count == 9, case .bytes(let script) = payload[0], case .list(let arguments) = payload[1],
            let reference = payload[2].bytes.flatMap({ BlockID(bytes: $0) }), let limit = payload[3].number,
            let proposer = payload[4].bytes.flatMap({ Address(bytes: $0) }), let keyIndex = payload[5].number,
            let sequence = payload[6].number, let payer = payload[7].bytes.flatMap({ Address(bytes: $0) }),
            case .list(let authorizers) = payload[8]
        else { return nil }
        self.init(
            script: script, arguments: arguments.compactMap(\.bytes), referenceBlockID: reference,
            computationLimit: limit,
            proposalKey: .init(
                address: proposer, keyIndex: KeyIndex(UInt32(truncatingIfNeeded: keyIndex)),
                sequenceNumber: SequenceNumber(sequence)), payer: payer,
            authorizers: authorizers.compactMap { $0.bytes.flatMap { Address(bytes: $0) } })
        let signers = signers
        func signature(_ item: RLP.Item) -> Signature? {
            guard case .list(let fields) = item, fields.count >= 3, let signer = fields[0].number,
                signer < signers.count,
                let key = fields[1].number, let bytes = fields[2].bytes
            else { return nil }
            return Signature(
                address: signers[Int(signer)], keyIndex: KeyIndex(UInt32(truncatingIfNeeded: key)), signature: bytes,
                extensionData: fields.count > 3 ? fields[3].bytes ?? [] : [])
        }
        self.payloadSignatures = payloadSignatures.compactMap(signature)
        self.envelopeSignatures = envelopeSignatures.compactMap(signature)
    }
}

extension RLP.Item {
    fileprivate var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }
    fileprivate var number: UInt64? {
        guard let bytes, bytes.count <= 8 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
