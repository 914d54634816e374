import Testing

@testable import Submitter

@Suite struct OperationForecastTests {
    @Test func `a hundred thousand airdrops are foretold from the table as they were measured`() {
        let parts = OperationForecast.parts([.airdropPasses: 100_000], limits: [.airdropPasses: 200], paid: [:])
        #expect(parts.map(\.transactions) == [500] && parts[0].perTransaction == 200 && parts[0].basis == .table)
        // Measured by others, in batches of 200: some 184 FLOW; one by one: some 570.
        #expect((17_500_000_000...20_000_000_000).contains(parts[0].fee), "\(parts[0].fee)")
        let single = OperationForecast.parts([.airdropPasses: 100_000], limits: [.airdropPasses: 1], paid: [:])
        #expect((56_000_000_000...59_000_000_000).contains(single[0].fee), "\(single[0].fee)")
    }

    @Test func `what was paid here counts more than any table, where it was paid for batches as large`() {
        let paid = OperationForecast.Paid(transactions: 10, items: 2_000, fee: 4_000_000)
        let large = OperationForecast.parts(
            [.airdropPasses: 500], limits: [.airdropPasses: 250], paid: [.airdropPasses: paid])
        #expect(large[0].basis == .paid && large[0].fee == 1_000_000 && large[0].transactions == 2)
        let few = OperationForecast.Paid(transactions: 100, items: 100, fee: 60_000_000)
        let batch = OperationForecast.parts(
            [.airdropPasses: 500], limits: [.airdropPasses: 250], paid: [.airdropPasses: few])
        #expect(batch[0].basis == .table)
    }

    @Test func `every recipe has a price, and an item that shares a transaction costs less than one alone`() {
        for recipe in Recipe.allCases {
            let alone = FeeTable.fee(recipe, items: 10, transactions: 10)
            #expect(
                alone > FeeTable.fee(recipe, items: 10, transactions: 1)
                    && FeeTable.fee(recipe, items: 1, transactions: 1) > 10_000)
        }
        #expect(FeeTable.fee(.airdropPasses, items: 0, transactions: 0) == 0)
    }
}
