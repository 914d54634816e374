import Cadence
import FlowClient
import Testing

@testable import Submitter

@Suite struct BatcherTests {
    static let operation = OperationID()
    static let other = OperationID()

    static func drops(_ count: Int, of operation: OperationID = operation, suspects: Int64? = nil, from first: Int = 0)
        -> [ReadyItem]
    {
        (first..<first + count).map { number in
            ReadyItem(
                ItemReference(operation, number),
                .airdropPass(releaseID: "rel", dropID: "row-\(number)", recipient: nil, holder: "usr_\(number)"),
                suspectGroup: suspects)
        }
    }

    static func mints(_ count: Int, release: String = "rel", of operation: OperationID = operation) -> [ReadyItem] {
        (0..<count).map { number in
            ReadyItem(ItemReference(operation, number), .mintToken(releaseID: release, number: number, expiry: 9))
        }
    }

    @Test(arguments: [
        (250, [250, 250, 250, 250]), (330, [250, 250, 250, 250]), (499, [334, 333, 333]), (1000, [1000]),
    ])
    func `a thousand airdrops are as few transactions as the limit allows, of equal size`(limit: Int, sizes: [Int]) {
        let batches = Batcher(itemLimit: limit).batches(Self.drops(1000), of: .airdropPasses)
        #expect(batches.map(\.items.count) == sizes)
        #expect(batches.flatMap(\.items) == Self.drops(1000))
    }

    @Test func `the starting limit makes a thousand recipients four transactions`() {
        let limit = Recipe.airdropPasses.startingLimit
        #expect(Batcher(itemLimit: limit).batches(Self.drops(1000), of: .airdropPasses).count == 4)
        let largest = Recipe.airdropPasses.largestLimit
        #expect(Batcher(itemLimit: largest).batches(Self.drops(1000), of: .airdropPasses).count == 4)
    }

    @Test func `suspects stay with their own group`() {
        let items = Self.drops(3) + Self.drops(2, suspects: 8, from: 3) + Self.drops(2, suspects: 9, from: 5)
        let batches = Batcher(itemLimit: 100).batches(items, of: .airdropPasses)
        #expect(batches.map { $0.items.map(\.reference.ordinal) } == [[0, 1, 2], [3, 4], [5, 6]])
    }

    @Test func `items of several operations share a transaction where the recipe takes arrays`() {
        let items = Self.drops(2) + Self.drops(2, of: Self.other)
        #expect(Batcher(itemLimit: 10).batches(items, of: .airdropPasses).map(\.items.count) == [4])
    }

    @Test func `batches of one release are under way side by side, of several operations too`() {
        let items = Self.mints(10) + Self.mints(3, of: Self.other)
        let batches = Batcher(itemLimit: 4).batches(items, of: .mintAndList)
        #expect(batches.map(\.items.count) == [4, 3, 3, 3])
        #expect(batches.map(\.sequenceKey) == [nil, nil, nil, nil])
    }

    @Test func `a batch of mints has no gap, because it is named by its first token`() {
        var items = Self.mints(6)
        items.remove(at: 2)
        let batches = Batcher(itemLimit: 10).batches(items, of: .mintAndList)
        #expect(batches.map { $0.items.map(\.reference.ordinal) } == [[0, 1], [3, 4, 5]])
    }

    @Test func `mints of another round do not share a batch`() {
        let again = ReadyItem(
            ItemReference(Self.operation, 2), .mintToken(releaseID: "rel", number: 2, expiry: 9, round: 1))
        #expect(Batcher(itemLimit: 10).batches(Self.mints(2) + [again], of: .mintAndList).map(\.items.count) == [2, 1])
    }

    @Test(arguments: ["op/0", "op/200", "op/7.1"]) func `a batch is known by its name`(name: String) {
        #expect(MintBatch(name: name, of: "op")?.name == name)
    }

    @Test(arguments: [
        "op", "op/", "op/-1", "op/1.", "op/01", "op/1.0", "op/1.2.3", "other/1", "op/99999999999999999999",
    ])
    func `what is no batch of this operation is not taken for one`(name: String) {
        #expect(MintBatch(name: name, of: "op") == nil)
    }

    @Test func `a scalar recipe has one item a transaction`() {
        let items = (0..<3).map {
            ReadyItem(ItemReference(Self.operation, $0), .setBrandStatus(id: "\($0)", status: 2))
        }
        #expect(Batcher(itemLimit: 100).batches(items, of: .setBrandStatus).map(\.items.count) == [1, 1, 1])
    }

    @Test func `tokens settled to different wallets do not share a transaction`() {
        let a = Address(rawValue: 1)
        let b = Address(rawValue: 2)
        let items: [ItemContent] = [
            .settlePass(id: 1, holder: "u", to: a), .settleCollectible(id: 2, holder: "u", to: a),
            .settlePass(id: 3, holder: "u", to: b),
        ]
        let ready = items.enumerated().map { ReadyItem(ItemReference(Self.operation, $0.offset), $0.element) }
        #expect(Batcher(itemLimit: 100).batches(ready, of: .settleLinkedWallet).map(\.items.count) == [2, 1])
    }

    @Test func `long texts make more transactions than the limit of items`() {
        let items = (0..<10).map { number in
            ReadyItem(
                ItemReference(Self.operation, number),
                .createPass(
                    id: "p\(number)", brandID: "b", name: "n", description: String(repeating: "d", count: 300_000),
                    image: "",
                    maxSupply: nil))
        }
        let batches = Batcher(itemLimit: 250, byteLimit: 1_100_000).batches(items, of: .createPasses)
        #expect(batches.map(\.items.count) == [3, 2, 3, 2])
        #expect(batches.flatMap(\.items) == items)
    }

    @Test func `an item that alone is too long still gets its transaction, which a node will refuse`() {
        let item = ReadyItem(
            ItemReference(Self.operation, 0), .deployContract(name: "C", code: String(repeating: "c", count: 2_000_000))
        )
        #expect(Batcher(itemLimit: 1).batches([item], of: .deployContract).count == 1)
    }
}

@Suite struct SplitterTests {
    static let failure = AttemptStateMachineTests.failure

    @Test(arguments: [1101, 1103, 1105, 1110, 1053]) func `a transaction that failed as a whole is halved`(
        code: Int
    ) {
        let items = BatcherTests.drops(5)
        let verdict = Splitter.verdict(on: items, Self.failure(code, ""))
        #expect(verdict == .init(groups: [Array(items[..<3]), Array(items[3...])]))
    }

    @Test func `the culprit that stands alone fails with the chain's reason`() {
        let text =
            "[Error Code: 1101] error caused by: 1 error occurred:\n\t* transaction execute failed: [Error Code: 1101] cadence runtime error: Execution failed:\nerror: panic: nobody to give token 5 to\n  --> 7bc.NovaPass:3:7\n"
        let verdict = Splitter.verdict(
            on: BatcherTests.drops(1), ExecutionFailure(text: text))
        #expect(verdict == .fail(BatcherTests.drops(1), "chain error 1101: panic: nobody to give token 5 to"))
    }

    @Test func `what no item is the cause of is not split`() {
        let text =
            "[Error Code: 1101] error caused by: 1 error occurred:\n\t* transaction preprocess failed: [Error Code: 1101] x"
        let items = BatcherTests.drops(9)
        #expect(Splitter.verdict(on: items, ExecutionFailure(text: text)).failed == items)
    }

    @Test func `a recipient whose account is full is set apart, and the others go on together`() {
        let address = OwnerTests.account
        let items = (0..<5).map { number in
            ReadyItem(
                ItemReference(BatcherTests.operation, number),
                .airdropPass(
                    releaseID: "r", dropID: "d\(number)", recipient: number == 3 ? address : nil,
                    holder: number == 3 ? nil : "h"))
        }
        let failure = ExecutionFailure(text: OwnerTests.full)
        let verdict = Splitter.verdict(on: items, failure)
        #expect(verdict.failed == [items[3]])
        #expect(verdict.groups == [Array(items[..<3]) + [items[4]]])
        // Nobody here is named: the search goes on by halves.
        #expect(Splitter.verdict(on: BatcherTests.drops(4), failure).groups.map(\.count) == [2, 2])
    }

    @Test func `halving finds one culprit among 250 in eight steps`() {
        let culprit = ItemReference(BatcherTests.operation, 137)
        var groups = [BatcherTests.drops(250)]
        var failed: [ItemReference] = []
        var transactions = 0
        while let group = groups.popLast() {
            transactions += 1
            guard group.contains(where: { $0.reference == culprit }) else { continue }
            let verdict = Splitter.verdict(on: group, Self.failure(1101, ""))
            groups += verdict.groups
            failed += verdict.failed.map(\.reference)
        }
        #expect(failed == [culprit])
        #expect(transactions <= 17)
    }

    @Test(arguments: [1007, 1118, 1008, 9999]) func `what is no item's fault fails no item, however often it happens`(
        code: Int
    ) {
        var items = BatcherTests.drops(2)
        for at in items.indices { items[at].attempts = 1_000 }
        #expect(Splitter.verdict(on: items, Self.failure(code, "")) == .again(items))
    }

    @Test func `a transaction too large for a node is halved, an invalid one fails`() {
        let items = BatcherTests.drops(2)
        #expect(Splitter.verdict(on: items, SendRefusal(.tooLarge, "")) == .init(groups: [[items[0]], [items[1]]]))
        #expect(Splitter.verdict(on: items, SendRefusal(.invalid, "no")) == .fail(items, "refused by the node: no"))
        #expect(Splitter.verdict(on: items, SendRefusal(.computationLimit(500), "")) == .again(items))
    }
}

@Suite struct RecipeLimitTests {
    @Test func `what items cost sets the limit at three quarters of what binds`() {
        var limit = RecipeLimit(.dropCollectibles)
        limit.succeeded(items: 100, eventBytes: 51_200, computation: 950)
        #expect(limit.items == 375)
        limit.succeeded(items: 100, eventBytes: 64_000, computation: 950)
        #expect(limit.items == 300)
    }

    @Test func `computation binds where it is the dearer`() {
        var limit = RecipeLimit(.deliverPurchases)
        limit.succeeded(items: 100, eventBytes: 1_000, computation: 9_999)
        #expect(limit.items == 75)
    }

    @Test func `what failed is come back to step by step from what was proven, never at once`() {
        var limit = RecipeLimit(.mintAndList)
        limit.wasTooMuch(items: 200)
        #expect(limit.items == 150)
        limit.succeeded(items: 100, eventBytes: 100, computation: 100)
        #expect(limit.items == 150)
        var sizes = [limit.items]
        while limit.items < Recipe.mintAndList.largestLimit, sizes.count < 20 {
            limit.succeeded(items: limit.items, eventBytes: 100 * limit.items, computation: 100)
            sizes.append(limit.items)
        }
        #expect(limit.items == Recipe.mintAndList.largestLimit)
        #expect(
            zip(sizes, sizes.dropFirst()).allSatisfy { $1 <= $0 * 13 / 10 || $1 == Recipe.mintAndList.largestLimit })
    }

    @Test func `one item that is too much by itself does not make the recipe's batches small`() {
        var limit = RecipeLimit(.airdropPasses)
        limit.wasTooMuch(items: 1)
        #expect(limit.items == Recipe.airdropPasses.startingLimit)
    }

    @Test func `a network of less computation begins with smaller batches`() {
        var limit = RecipeLimit(.airdropPasses)
        limit.shrink(to: 1_000)
        #expect(limit.items == 25)
        limit.succeeded(items: 25, eventBytes: 10_000, computation: 500, computationLimit: 1_000)
        #expect(limit.items == 37)
    }

    @Test func `it never goes past the recipe's own bound, nor below one item`() {
        var limit = RecipeLimit(.airdropPasses)
        limit.succeeded(items: 50, eventBytes: 50, computation: 50)
        #expect(limit.items == Recipe.airdropPasses.largestLimit)
        for size in [330, 100, 10, 2, 2, 2] { limit.wasTooMuch(items: size) }
        #expect(limit.items == 1)
    }

    @Test func `a transaction of few items teaches nothing`() {
        var limit = RecipeLimit(.airdropPasses)
        limit.succeeded(items: 1, eventBytes: 200_000, computation: 28)
        #expect(limit.items == Recipe.airdropPasses.startingLimit)
    }
}
