import Cadence
import FlowClient

/// Groups the ready items of one recipe into transactions.
///
/// Never more items than the limit, nor more bytes of arguments; as few transactions as that allows, and those of equal
/// size (1,000 items under a limit of 330 are four times 250). Items under suspicion stay with their group. Of items with
/// a sequence key only the first transaction is made. Order is kept.
package struct Batcher: Hashable, Sendable {
    package var itemLimit: Int
    /// Of all arguments. Script, signatures and the rest are some 4,000 bytes, and a transaction may have 1,500,000.
    package var byteLimit: Int

    package init(itemLimit: Int, byteLimit: Int = 1_100_000) {
        precondition(itemLimit >= 1)
        self.itemLimit = itemLimit
        self.byteLimit = byteLimit
    }

    /// `items` in the order in which they are to go. `busySequences` have a transaction under way.
    package func batches(_ items: [ReadyItem], of recipe: Recipe, busySequences: Set<String> = []) -> [Batch] {
        var taken = busySequences
        return groups(items, sharing: recipe.sharing).flatMap(runs).flatMap { group in
            guard let key = group[0].content.sequenceKey else { return chunks(group).map { Batch(recipe, $0) } }
            guard taken.insert(key).inserted else { return [] }
            return [Batch(recipe, chunks(group)[0])]
        }
    }

    /// What must be equal for two items to share a transaction.
    private struct Company: Hashable {
        var suspects: Int64?
        var operation: OperationID?
        var rest: [String] = []
    }

    private func groups(_ items: [ReadyItem], sharing: Recipe.Sharing) -> [[ReadyItem]] {
        if sharing == .none { return items.map { [$0] } }
        var groups: [[ReadyItem]] = []
        var places: [Company: Int] = [:]
        for item in items {
            let company = company(of: item, sharing)
            if let place = places[company] {
                groups[place].append(item)
            } else {
                places[company] = groups.count
                groups.append([item])
            }
        }
        return groups
    }

    /// A batch of mints names its first token, and the others follow it.
    private func runs(_ items: [ReadyItem]) -> [[ReadyItem]] {
        var runs: [[ReadyItem]] = []
        var next: Int?
        for item in items {
            guard case .mintToken(_, let number, _, _) = item.content else { return [items] }
            if number == next { runs[runs.endIndex - 1].append(item) } else { runs.append([item]) }
            next = number + 1
        }
        return runs
    }

    private func company(of item: ReadyItem, _ sharing: Recipe.Sharing) -> Company {
        var company = Company(suspects: item.suspectGroup)
        guard sharing == .sameOperation else { return company }
        company.operation = item.reference.operation
        switch item.content {
        case .mintToken(let release, _, let expiry, let round):
            company.rest = [release, String(expiry), String(round ?? 0)]
        case .settlePass(_, let holder, let to), .settleCollectible(_, let holder, let to):
            company.rest = [holder, to.hex]
        default: break
        }
        return company
    }

    private func chunks(_ items: [ReadyItem]) -> [[ReadyItem]] {
        let count = (items.count + itemLimit - 1) / itemLimit
        let (size, larger) = items.count.quotientAndRemainder(dividingBy: count)
        var start = 0
        return (0..<count).flatMap { index in
            let end = start + size + (index < larger ? 1 : 0)
            defer { start = end }
            return fitting(Array(items[start..<end]))
        }
    }

    private func fitting(_ items: [ReadyItem]) -> [[ReadyItem]] {
        guard items.count > 1, items.reduce(0, { $0 + $1.content.argumentBytes }) > byteLimit else { return [items] }
        let middle = (items.count + 1) / 2
        return fitting(Array(items[..<middle])) + fitting(Array(items[middle...]))
    }
}

extension ItemContent {
    /// About how many bytes the item adds to a transaction's arguments as JSON-CDC: 29 a value (`{"type":"String",…}`)
    /// beside the text itself.
    var argumentBytes: Int {
        let texts: [Int] =
            switch self {
            case .createBrand(let id, let name): [24, id.utf8.count, name.utf8.count]
            case .createSubmission(let id, let campaign, let brand, let submitter, let hash):
                [24, id.utf8.count, campaign.utf8.count, brand.utf8.count, submitter.utf8.count, hash.utf8.count]
            case .createPass(let id, let brand, let name, let description, let image, _):
                [24, id.utf8.count, brand.utf8.count, name.utf8.count, description.utf8.count, image.utf8.count, 50]
            case .createCollectible(
                let id, let pass, let brand, let activation, let name, let description, let image, _):
                [
                    24, id.utf8.count, pass.utf8.count, brand.utf8.count, activation.utf8.count, name.utf8.count,
                    description.utf8.count, image.utf8.count, 50,
                ]
            case .airdropPass(let group, let drop, _, let holder), .dropCollectible(let group, let drop, _, let holder):
                [24, group.utf8.count, drop.utf8.count, 50, 30 + (holder?.utf8.count ?? 0)]
            case .deliverPurchase(_, _, let holder): [24, 20, 50, 30 + (holder?.utf8.count ?? 0)]
            case .claimToken(_, let pass): [24, 20, pass.utf8.count]
            case .removeListing, .settlePass, .settleCollectible: [20]
            case .deployContract(let name, let code): [name.utf8.count, code.utf8.count]
            case .mintToken, .setBrandStatus, .scheduleRelease, .addProposalKeys, .revokeKeys: [64]
            }
        return texts.reduce(0) { $0 + $1 + 29 }
    }
}
