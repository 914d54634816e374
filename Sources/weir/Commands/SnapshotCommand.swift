import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import Glibc
import Indexer
import PlatformBridge
import Signer

extension Weir {
    static let snapshotCommands = [snapshotCommand, snapshotCheckCommand]

    private static let snapshotCommand = Command(
        "snapshot",
        summary: "write who holds a pass, a collectible or a contract's tokens to a file that stays the same",
        discussion: """
            NAME.csv has a line for each holder, and NAME.json the block, the counts and the root of the lines' hashes (RFC 6962, \
            SHA-256), signed by receipts.key where there is one. At one height they are the same bytes whenever they are made. \
            GET /v1/snapshots/GROUP/proofs/OWNER proves one holder to whoever has the root.
            """,
        arguments: [
            .required("GROUP", "a pass's or collectible's id, or a contract's type id"),
            .required("NAME", "of the files"),
        ],
        options: [
            .value("at", "HEIGHT", "after this block; default: the last one indexed"),
            .value("minimum", "N", "holders of at least so many (default 1)"),
        ],
        examples: [.init("weir snapshot 6gCmCPbHqmMAsbNmZCsrvx june --at 130290700", "june.csv and june.json")],
        usesConfiguration: true
    ) { context in
        let minimum = try context.option("minimum", as: .integer(1...1_000_000)) ?? 1
        let height = try context.option("at", as: FlowArgument.height)
        let name = context.argument("NAME")
        try await withTables(context) { pool, configuration in
            let signer = try await AccountSigners.openReceipts(configuration, environment: context.environment)
            let file = try LineFile(name + ".csv")
            try file.write(Snapshot.header)
            let progress = ProgressReporter("holders", total: nil)
            var count: UInt64 = 0
            let snapshot = try await Snapshot.make(
                of: context.argument("GROUP"), minimum: minimum, at: height.map { .at($0) } ?? .latest,
                from: OwnershipReader(pool: pool)
            ) { line in
                count += 1
                if count.isMultiple(of: 1000) { progress.update(done: count) }
                try file.write(line.text)
            }
            try file.finish()
            progress.finish()
            let about = JSON.object(try await snapshot.json(signedBy: signer)).text + "\n"
            try Data(about.utf8).write(to: URL(filePath: name + ".json"), options: .atomic)
            context.print(
                "\(snapshot.holders) holders of \(snapshot.tokens) tokens after block \(snapshot.height): \(name).csv, root \(Hex.encode(snapshot.root))"
            )
            if signer == nil { context.printError("not signed: receipts.key names no key") }
        }
    }

    private static let snapshotCheckCommand = Command(
        "snapshot check", summary: "whether a snapshot's lines are those that its root was made of",
        discussion:
            "Reads NAME.csv and NAME.json, and asks nobody. --key checks the signature too, with the key as /v1/receipts/keys has it.",
        arguments: [.required("NAME", "of the files")],
        options: [.value("keys", "FILE", "a JSON Web Key Set")],
        examples: [.init("weir snapshot check june --keys keys.json", "lines, root and signature")]
    ) { context in
        let name = context.argument("NAME")
        let about = try JSON(parsing: try SigningInput.file(name + ".json"))
        let text = String(decoding: try SigningInput.file(name + ".csv"), as: UTF8.self)
        var tree = MerkleTree.Builder()
        for line in SnapshotLines(text) { tree.add(MerkleTree.leaf(Array(line.utf8))) }
        guard let root = about["root"]?.string, root == Hex.encode(tree.root) else {
            throw FlowFailure(
                "the lines lead to root \(Hex.encode(tree.root)), and \(name).json has \(about["root"]?.string ?? "none")"
            )
        }
        context.print("\(tree.count) lines lead to root \(root)")
        guard let file = context.option("keys") else { return }
        guard let token = about["jws"]?.string else { throw FlowFailure("\(name).json is not signed") }
        let keys = try JSONWebKeySet(json: try SigningInput.file(file))
        let claims = try Attestation.verify(token, keys: keys, now: Int64(Date().timeIntervalSince1970))
        guard try JSON(parsing: claims)["root"]?.string == root else {
            throw FlowFailure("the signature is of another root")
        }
        context.print("signed by a key of \(file)")
    }
}

/// The lines of a snapshot behind its header; a quoted field may hold line ends.
private struct SnapshotLines: Sequence {
    private let lines: [String]

    init(_ text: String) {
        var lines: [String] = []
        var line = ""
        var isQuoted = false
        for character in text.unicodeScalars {
            if character == "\"" { isQuoted.toggle() }
            if character == "\n", !isQuoted {
                lines.append(line)
                line = ""
            } else {
                line.unicodeScalars.append(character)
            }
        }
        if !line.isEmpty { lines.append(line) }
        self.lines = Array(lines.dropFirst())
    }

    func makeIterator() -> IndexingIterator<[String]> { lines.makeIterator() }
}

/// A file that is written line by line, in memory that does not grow with it.
private final class LineFile {
    private let name: String
    private let handle: UnsafeMutablePointer<FILE>

    init(_ name: String) throws {
        guard let handle = fopen(name, "w") else {
            throw FlowFailure("\(name) can't be written: \(String(cString: strerror(errno)))")
        }
        (self.name, self.handle) = (name, handle)
    }

    private var isOpen = true
    deinit { if isOpen { fclose(handle) } }

    func write(_ line: String) throws {
        guard fputs(line + "\n", handle) >= 0 else { throw failure() }
    }

    /// What could not be written is an error here at the latest.
    func finish() throws {
        isOpen = false
        guard fclose(handle) == 0 else { throw failure() }
    }

    private func failure() -> FlowFailure {
        FlowFailure("\(name) can't be written: \(String(cString: strerror(errno)))")
    }
}
