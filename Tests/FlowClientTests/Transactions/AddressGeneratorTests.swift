import Cadence
import FlowClient
import Testing

struct AddressGeneratorTests {
    @Test(arguments: [
        (
            ChainID.mainnet,
            ["e467b9dd11fa00df", "f233dcee88fe0abe", "1654653399040a61", "f919ee77447b7497", "1d7e57aa55817448"]
        ),
        (.testnet, ["8c5303eaa26202d6", "9a0766d93b6608b7", "7e60df042a9c0868", "912d5440f7e3769e"]),
        (
            .emulator,
            ["f8d6e0586b0a20c7", "ee82856bf20e2aa6", "0ae53cb6e3f42a79", "e5a8b7f23e8b548f", "01cf0e2f2f715450"]
        ),
    ])
    func `a chain's first accounts have the known addresses`(chain: ChainID, known: [String]) throws {
        let generator = try #require(AddressGenerator(chain: chain))
        #expect((1...known.count).map { generator.address(at: UInt64($0))!.hex } == known)
    }

    @Test func `an index comes back from its address, on its own chain only`() throws {
        let chains: [ChainID] = [.mainnet, .testnet, .emulator, .previewnet]
        for index in [1, 2, 3, 1 << 20, 1 << 44, AddressGenerator.maximumIndex] as [UInt64] {
            for chain in chains {
                let address = try #require(AddressGenerator(chain: chain)?.address(at: index))
                for other in chains {
                    #expect(AddressGenerator(chain: other)?.index(of: address) == (other == chain ? index : nil))
                }
            }
        }
    }

    @Test func `up to six wrong bits are always noticed`() throws {
        let generator = try #require(AddressGenerator(chain: .mainnet))
        var state: UInt64 = 1
        for _ in 0..<5000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let address = try #require(generator.address(at: state >> 20))
            var mask: UInt64 = 0
            for step in 0..<6 { mask |= 1 << (state >> UInt64(step * 8) & 63) }
            #expect(generator.index(of: Address(rawValue: address.rawValue ^ mask)) == nil)
        }
    }

    @Test func `there is no account number 0, none past the last, and no unknown chain`() throws {
        let generator = try #require(AddressGenerator(chain: .testnet))
        #expect(generator.address(at: 0) == nil)
        #expect(generator.address(at: AddressGenerator.maximumIndex + 1) == nil)
        #expect(generator.index(of: Address(rawValue: 0x6834_ba37_b398_0209)) == nil)
        #expect(AddressGenerator(chain: ChainID("flow-nowhere")) == nil)
        #expect(!Address(rawValue: 0).isValid(on: .mainnet))
    }
}
