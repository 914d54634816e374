import Cadence
import Encoding
import FlowClient
import Signer

/// Blocks and what was in them, appended to a file, so that the chain can be executed again: a line `K <public key>` with
/// the service account's key, then a line `T <RLP in base64>` for each transaction and a line `B <height> <milliseconds>`
/// for its block, and a line `C <change>` for what was changed from outside, its rules first. A last line that was cut
/// short is left out. Written without fsync: a devnet may lose its last moments.
struct Journal: Sendable {
    private let file: JournalFile

    /// Executes what the file holds on `chain`, which must be new, and goes on from its end.
    init(path: String, replaying chain: inout Chain) throws(JournalError) {
        file = try JournalFile(path: path)
        let bytes = try file.readAll()
        let whole = bytes.lastIndex(of: 0x0a).map { bytes[...$0] } ?? []
        var kept = 0
        var waiting: [Transaction] = []
        for line in whole.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast() {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            kept += line.count + 1
            try Self.replay(words, &waiting, on: &chain)
        }
        // Transactions whose block was not written were never in one.
        try file.truncate(to: kept - Self.tail(waiting))
        // The rules of the first block: a start with others goes on from these.
        if kept == 0 { try file.append("K \(Self.key(of: chain))\nC \(OutsideChange.rules(chain.rules).words)\n") }
    }

    func append(_ block: BlockRecord) throws {
        var text = ""
        for record in block.transactions { text += Self.line(of: record.transaction) }
        text += "B \(block.header.height) \(block.header.timestamp.milliseconds)\n"
        try file.append(text)
    }

    /// What happened between two blocks.
    func append(_ change: OutsideChange) throws { try file.append("C \(change.words)\n") }

    private static func key(of chain: Chain) -> String { Hex.encode(chain.configuration.servicePublicKey.bytes) }

    private static func line(of transaction: Transaction) -> String {
        "T \(Base64.encode(transaction.rlp))\n"
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
            guard let bytes = Base64.decode(String(words[1])) else {
                throw JournalError("a transaction in the journal is no base64")
            }
            do { waiting.append(try Transaction(rlp: bytes)) } catch {
                throw JournalError("a transaction in the journal can't be read: \(error)")
            }
        case ("B", 3):
            guard let height = UInt64(words[1]), let time = Int64(words[2]),
                height == chain.finalizedHeight.rawValue + 1
            else { throw JournalError("block \(words[1]) of the journal does not follow \(chain.finalizedHeight)") }
            let timestamp = Timestamp(seconds: time / 1000, nanoseconds: Int32(time % 1000) * 1_000_000)
            _ = chain.makeBlock(at: timestamp, of: waiting)
            waiting = []
        case ("C", 2...):
            guard let change = OutsideChange(Array(words.dropFirst())) else {
                throw JournalError("a change in the journal can't be read: \(words.joined(separator: " "))")
            }
            do { try chain.apply(change) } catch { throw JournalError("a change in the journal: \(error.message)") }
        default:
            throw JournalError("a line of the journal can't be read")
        }
    }
}

struct JournalError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
