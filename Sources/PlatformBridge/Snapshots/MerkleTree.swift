import Signer

/// A tree of hashes over a list, as Certificate Transparency has it: anybody can check that an entry is in the list by its
/// path alone. Source: RFC 6962, 2.1, with SHA-256.
package enum MerkleTree {
    package static func leaf(_ entry: [UInt8]) -> [UInt8] { Digest.sha2_256([0x00] + entry).bytes }

    static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { Digest.sha2_256([0x01] + left + right).bytes }

    /// Of no entries at all it is the hash of nothing.
    package static func root(_ leaves: [[UInt8]]) -> [UInt8] {
        var builder = Builder()
        for leaf in leaves { builder.add(leaf) }
        return builder.root
    }

    /// The root of leaves as they come, in memory that grows with their number's logarithm.
    package struct Builder {
        /// Whole trees, each larger than the next.
        private var trees: [(size: Int, hash: [UInt8])] = []
        package private(set) var count = 0

        package init() {}

        package mutating func add(_ leaf: [UInt8]) {
            count += 1
            var (size, hash) = (1, leaf)
            while let last = trees.last, last.size == size {
                trees.removeLast()
                (size, hash) = (size * 2, MerkleTree.node(last.hash, hash))
            }
            trees.append((size, hash))
        }

        package var root: [UInt8] {
            guard let last = trees.last else { return Digest.sha2_256([]).bytes }
            return trees.dropLast().reversed().reduce(last.hash) { MerkleTree.node($1.hash, $0) }
        }
    }

    /// The hashes beside the way from a leaf to the root, the nearest first.
    package static func path(to index: Int, in leaves: [[UInt8]]) -> [[UInt8]] {
        path(to: index, in: leaves[...])
    }

    private static func path(to index: Int, in leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard leaves.count > 1 else { return [] }
        let middle = leaves.startIndex + largestPower(below: leaves.count)
        return index + leaves.startIndex < middle
            ? path(to: index, in: leaves[..<middle]) + [root(Array(leaves[middle...]))]
            : path(to: index + leaves.startIndex - middle, in: leaves[middle...]) + [root(Array(leaves[..<middle]))]
    }

    /// The root that a leaf and its path lead to, in a list of so many; nil where the path has another length.
    package static func root(leaf: [UInt8], index: Int, count: Int, path: [[UInt8]]) -> [UInt8]? {
        guard index >= 0, index < count else { return nil }
        guard count > 1 else { return path.isEmpty ? leaf : nil }
        guard let last = path.last else { return nil }
        let middle = largestPower(below: count)
        let rest = Array(path.dropLast())
        if index < middle {
            return root(leaf: leaf, index: index, count: middle, path: rest).map { node($0, last) }
        }
        return root(leaf: leaf, index: index - middle, count: count - middle, path: rest).map { node(last, $0) }
    }

    private static func largestPower(below count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }
}
