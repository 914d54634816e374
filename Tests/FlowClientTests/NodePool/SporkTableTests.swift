import Testing

@testable import FlowClient

@Suite struct SporkTableTests {
    @Test func `every height belongs to one spork, and they meet without a gap`() throws {
        for chain in [ChainID.mainnet, .testnet] {
            let table = try #require(SporkTable.published(for: chain))
            for index in table.sporks.indices.dropLast() {
                let end = try #require(table.heights(of: index).last)
                #expect(end.rawValue + 1 == table.sporks[index + 1].rootHeight.rawValue)
                #expect(table.index(of: end) == index)
                #expect(table.index(of: table.sporks[index + 1].rootHeight) == index + 1)
            }
            #expect(table.heights(of: table.sporks.count - 1).isLive)
            #expect(table.index(of: 0) == nil)
            #expect(table.sporks.last?.nodes.isEmpty == false)
        }
        #expect(SporkTable.published(for: .emulator) == nil)
    }

    @Test func `known roots are where history has them`() throws {
        let table = try #require(SporkTable.published(for: .mainnet))
        #expect(table.index(of: 85_981_134).map { table.sporks[$0].name } == "mainnet24")
        #expect(table.index(of: 85_981_135).map { table.sporks[$0].name } == "mainnet25")
        #expect(table.sporks.last?.name == "mainnet28")
    }

    @Test func `a range is cut where sporks meet`() throws {
        let table = try SporkTable([
            Spork(name: "a", rootHeight: 10), .init(name: "b", rootHeight: 20), .init(name: "c", rootHeight: 30),
        ])
        #expect(table.segments(12...15) == [12...15])
        #expect(table.segments(12...20) == [12...19, 20...20])
        #expect(table.segments(15...35) == [15...19, 20...29, 30...35])
        #expect(table.segments(20...29) == [20...29])
    }

    @Test func `every mistake of a table is named`() {
        #expect(throws: AccessError.self) { try SporkTable([]) }
        do throws(AccessError) {
            _ = try SporkTable([
                Spork(name: "a", rootHeight: 10), .init(name: "b", rootHeight: 10), .init(name: "a", rootHeight: 5),
            ])
            Issue.record("it was accepted")
        } catch {
            #expect(error.code == .invalidArgument)
            #expect(
                error.message
                    == "spork table: b begins at 10, not after a at 10; a begins at 5, not after b at 10; a is there 2 times"
            )
        }
    }
}
