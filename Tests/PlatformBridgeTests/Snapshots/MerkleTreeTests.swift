import Cadence
import Encoding
import Indexer
import Testing

@testable import PlatformBridge

@Suite struct MerkleTreeTests {
    /// Leaves and roots of Certificate Transparency's own tests of RFC 6962.
    private static let leaves = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ].map { MerkleTree.leaf(Hex.decode($0)!) }
    private static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test(arguments: 1...8) func `roots are those of RFC 6962`(_ count: Int) {
        #expect(Hex.encode(MerkleTree.root(Array(Self.leaves.prefix(count)))) == Self.roots[count - 1])
    }

    @Test func `of nothing it is the hash of nothing`() {
        #expect(
            Hex.encode(MerkleTree.root([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `every leaf's path leads to the root, and no other leaf's or place's does`() {
        for count in [1, 2, 3, 5, 8, 13, 64, 100] {
            let leaves = (0..<count).map { MerkleTree.leaf(Array("line \($0)".utf8)) }
            let root = MerkleTree.root(leaves)
            for index in 0..<count {
                let path = MerkleTree.path(to: index, in: leaves)
                func leads(_ leaf: [UInt8], _ place: Int, _ path: [[UInt8]]) -> Bool {
                    MerkleTree.root(leaf: leaf, index: place, count: count, path: path) == root
                }
                #expect(leads(leaves[index], index, path))
                #expect(!leads(MerkleTree.leaf(Array("line x".utf8)), index, path))
                #expect(!leads(leaves[index], index, path + [root]))
                if count > 1 {
                    #expect(!leads(leaves[index], (index + 1) % count, path))
                    #expect(!leads(leaves[index], index, Array(path.dropLast())))
                }
                #expect(MerkleTree.root(leaf: leaves[index], index: count, count: count, path: path) == nil)
            }
        }
    }

    @Test func `a line's owner is quoted where it must be`() {
        #expect(SnapshotLine(.wallet(.init(rawValue: 0x01cf)), 3).text == "wallet,0x00000000000001cf,3")
        #expect(SnapshotLine(.locker(holder: "a,\"b\"\n"), 1).text == "locker,\"a,\"\"b\"\"\n\",1")
    }
}
