import Cadence
package import Encoding
package import FlowClient
package import FoundationEssentials
package import Indexer
package import Signer

/// A holder as a line of a snapshot, and a leaf of its tree.
package struct SnapshotLine: Hashable, Sendable {
    package var kind: Owner.Kind
    /// 0x and 16 hex digits, or a locker's holder.
    package var owner: String
    package var tokens: Int

    package init(_ owner: Owner, _ tokens: Int) {
        kind = owner.kind
        self.owner = owner.address.map { "0x" + $0.hex } ?? owner.text
        self.tokens = tokens
    }

    /// RFC 4180, without the line's end: `wallet,0x01cf0e2f2f715450,3`.
    package var text: String { "\(kind.rawValue),\(Self.quoted(owner)),\(tokens)" }
    var leaf: [UInt8] { MerkleTree.leaf(Array(text.utf8)) }

    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

/// Who held tokens of a group after a block: the same file, byte for byte, whenever it is made, with a root that anybody can
/// compute from it.
package struct Snapshot: Sendable {
    package static let header = "kind,owner,tokens"

    package var group: String
    package var minimum: Int
    package var height: BlockHeight
    package var blockID: BlockID
    package var producedAt: Date
    package var holders: Int
    package var tokens: Int
    /// Of the lines without their ends, in their order (RFC 6962, SHA-256).
    package var root: [UInt8]

    /// Hands out each line, by kind and owner. Memory does not grow with the number of holders.
    /// - Throws: `notCovered` where not all who may hold the group's tokens are known at that height.
    package static func make(
        of group: String, minimum: Int = 1, at height: HeightQuestion, from reader: OwnershipReader,
        _ line: (SnapshotLine) throws -> Void = { _ in }
    ) async throws -> Snapshot {
        var tree = MerkleTree.Builder()
        var tokens = 0
        let block = try await reader.forEachHolder(of: group, minimum: minimum, at: height) { owner, count in
            let one = SnapshotLine(owner, count)
            tokens += count
            tree.add(one.leaf)
            try line(one)
        }
        return Snapshot(
            group: group, minimum: minimum, height: block.height, blockID: block.blockID, producedAt: block.producedAt,
            holders: tree.count, tokens: tokens, root: tree.root)
    }

    /// What is signed of it. Its time is the block's, so that the claims are the same whenever they are made.
    package var claims: JSON {
        [
            "group": JSON(group), "minimum": JSON(minimum), "height": JSON(height.rawValue),
            "block_id": JSON(blockID.hex),
            "iat": JSON(Int64(producedAt.timeIntervalSince1970)), "holders": JSON(holders), "tokens": JSON(tokens),
            "root": JSON(Hex.encode(root)), "tree": "RFC 6962 SHA-256",
        ]
    }

    /// What it says of itself, with a signature where there is a key.
    package func json(signedBy signer: (any TransactionSigner)?) async throws -> [JSON.Member] {
        var members = claims.object ?? []
        if let signer {
            members.append(.init("jws", JSON(try await Attestation.sign(claims: claims.bytes, with: signer))))
        }
        return members
    }
}

/// That one holder is in a snapshot, for who has its root.
package struct SnapshotProof: Sendable {
    package var snapshot: Snapshot
    package var line: SnapshotLine
    package var index: Int
    package var path: [[UInt8]]

    /// Nil where the owner is not in it.
    package static func make(
        for owner: Owner, of group: String, minimum: Int = 1, at height: HeightQuestion, from reader: OwnershipReader
    ) async throws -> SnapshotProof? {
        var leaves: [[UInt8]] = []
        var found: (line: SnapshotLine, index: Int)?
        let wanted = SnapshotLine(owner, 0)
        let snapshot = try await Snapshot.make(of: group, minimum: minimum, at: height, from: reader) { line in
            if line.kind == wanted.kind, line.owner == wanted.owner { found = (line, leaves.count) }
            leaves.append(line.leaf)
        }
        guard let found else { return nil }
        return SnapshotProof(
            snapshot: snapshot, line: found.line, index: found.index,
            path: MerkleTree.path(to: found.index, in: leaves))
    }

    package var json: [JSON.Member] {
        [
            .init("line", JSON(line.text)), .init("index", JSON(index)),
            .init("path", .array(path.map { JSON(Hex.encode($0)) })),
        ]
    }
}
