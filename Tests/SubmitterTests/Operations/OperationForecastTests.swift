import Testing

@testable import Submitter

@Suite struct OperationForecastTests {
    @Test func `a hundred thousand airdrops are foretold from the table as they were measured`() {
        let part = PriceList(limits: [.airdropPasses: 200], paid: [:]).part(.airdropPasses, items: 100_000)
        #expect(part.transactions == 500 && part.perTransaction == 200 && part.basis == .table)
        // Measured by others, in batches of 200: some 184 FLOW; one by one: some 570.
        #expect((17_500_000_000...20_000_000_000).contains(part.fee), "\(part.fee)")
        let single = PriceList(limits: [.airdropPasses: 1], paid: [:]).part(.airdropPasses, items: 100_000)
        #expect((56_000_000_000...59_000_000_000).contains(single.fee), "\(single.fee)")
    }

    @Test func `what was paid here counts more than any table, where it was paid for batches as large`() {
        let paid = PriceList.Paid(transactions: 10, items: 2_000, fee: 4_000_000)
        let large = PriceList(limits: [.airdropPasses: 250], paid: [.airdropPasses: paid]).part(
            .airdropPasses, items: 500)
        #expect(large.basis == .paid && large.fee == 1_000_000 && large.transactions == 2)
        let few = PriceList.Paid(transactions: 100, items: 100, fee: 60_000_000)
        let batch = PriceList(limits: [.airdropPasses: 250], paid: [.airdropPasses: few]).part(
            .airdropPasses, items: 500)
        #expect(batch.basis == .table)
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
