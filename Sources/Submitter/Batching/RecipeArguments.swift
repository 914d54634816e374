package import Cadence
import FlowClient

extension Recipe {
    /// The transaction's arguments, in the order of its parameters, for items that may share one (see `Batcher`).
    package func arguments(for items: [(operation: OperationID, content: ItemContent)]) -> [CadenceValue] {
        precondition(!items.isEmpty)
        return columns(items) ?? single(items[0].operation, items[0].content)
    }

    /// Recipes that take arrays, one entry an item.
    private func columns(_ items: [(operation: OperationID, content: ItemContent)]) -> [CadenceValue]? {
        let operations = list(items) { .string($0.operation.rawValue) }
        func column(_ value: (ItemContent) -> CadenceValue) -> CadenceValue { list(items) { value($0.content) } }
        switch self {
        case .createBrands:
            return [operations, column { $0.text(0) }, column { $0.text(1) }]
        case .createSubmissions:
            return [operations] + (0..<5).map { at in column { $0.text(at) } }
        case .createPasses:
            return [operations] + (0..<5).map { at in column { $0.text(at) } } + [column(\.maxSupply)]
        case .createCollectibles:
            return [operations] + (0..<7).map { at in column { $0.text(at) } } + [column(\.maxSupply)]
        case .airdropPasses, .dropCollectibles:
            return [operations, column { $0.text(0) }, column { $0.text(1) }, column(\.recipient), column(\.holder)]
        case .claimTokens:
            return [operations, column(\.token), column { $0.text(0) }]
        case .deliverPurchases:
            return [operations, column(\.token), column(\.recipient), column(\.holder)]
        case .removeListings:
            return [column(\.token)]
        case .mintAndList:
            guard case .mintToken(let release, let number, let expiry, let round) = items[0].content else { return nil }
            let batch = MintBatch(operation: items[0].operation.rawValue, first: number, round: round ?? 0)
            return [
                .string(batch.operation), .string(release), .string(batch.name), .int(BigInt(items.count)),
                .uint64(expiry),
            ]
        case .settleLinkedWallet:
            return settlement(items)
        case .setBrandStatus, .scheduleRelease, .addProposalKeys, .revokeKeys, .deployContract:
            return nil
        }
    }

    private func settlement(_ items: [(operation: OperationID, content: ItemContent)]) -> [CadenceValue]? {
        var (passes, collectibles): ([CadenceValue], [CadenceValue]) = ([], [])
        var party: (holder: String, to: Address)?
        for item in items {
            switch item.content {
            case .settlePass(let id, let holder, let to):
                passes.append(.uint64(id))
                party = (holder, to)
            case .settleCollectible(let id, let holder, let to):
                collectibles.append(.uint64(id))
                party = (holder, to)
            default: return nil
            }
        }
        return party.map {
            [
                .string(items[0].operation.rawValue), .string($0.holder), .address($0.to), .array(CadenceArray(passes)),
                .array(CadenceArray(collectibles)),
            ]
        }
    }

    private func single(_ operation: OperationID, _ content: ItemContent) -> [CadenceValue] {
        switch content {
        case .setBrandStatus(let id, let status): [.string(operation.rawValue), .string(id), .uint8(status)]
        case .scheduleRelease(let id, let pass, let supply, let price, let startsAt, let endsAt):
            [
                .string(operation.rawValue), .string(id), .string(pass), .uint64(supply), .ufix64(price),
                .uint64(startsAt),
                .optional(endsAt.map(CadenceValue.uint64)),
            ]
        case .addProposalKeys(let count): [.int(BigInt(count))]
        case .revokeKeys(let indices): [list(indices) { .int(BigInt($0)) }]
        case .deployContract(let name, let code): [.string(name), .string(code)]
        default: preconditionFailure("\(rawValue) takes arrays")
        }
    }

    private func list<T>(_ values: [T], _ value: (T) -> CadenceValue) -> CadenceValue {
        .array(CadenceArray(values.map(value)))
    }
}

extension ItemContent {
    /// The item's texts in the order of the recipe's parameters.
    fileprivate func text(_ at: Int) -> CadenceValue { .string(texts[at]) }

    private var texts: [String] {
        switch self {
        case .createBrand(let id, let name): [id, name]
        case .createSubmission(let id, let campaign, let brand, let submitter, let hash):
            [id, campaign, brand, submitter, hash]
        case .createPass(let id, let brand, let name, let description, let image, _):
            [id, brand, name, description, image]
        case .createCollectible(let id, let pass, let brand, let activation, let name, let description, let image, _):
            [id, pass, brand, activation, name, description, image]
        case .airdropPass(let group, let drop, _, _), .dropCollectible(let group, let drop, _, _): [group, drop]
        case .claimToken(_, let pass): [pass]
        default: []
        }
    }

    fileprivate var maxSupply: CadenceValue {
        switch self {
        case .createPass(_, _, _, _, _, let supply), .createCollectible(_, _, _, _, _, _, _, let supply):
            .optional(supply.map(CadenceValue.uint64))
        default: .optional(nil)
        }
    }

    fileprivate var recipient: CadenceValue {
        switch self {
        case .airdropPass(_, _, let to, _), .dropCollectible(_, _, let to, _), .deliverPurchase(_, let to, _):
            .optional(to.map(CadenceValue.address))
        default: .optional(nil)
        }
    }

    fileprivate var holder: CadenceValue {
        switch self {
        case .airdropPass(_, _, _, let holder), .dropCollectible(_, _, _, let holder),
            .deliverPurchase(_, _, let holder):
            .optional(holder.map(CadenceValue.string))
        default: .optional(nil)
        }
    }

    fileprivate var token: CadenceValue {
        switch self {
        case .claimToken(let id, _), .deliverPurchase(let id, _, _), .removeListing(let id): .uint64(id)
        default: .uint64(0)
        }
    }
}

extension Recipe {
    /// The items that a transaction of this recipe carries, read back from its arguments: what a transaction that is not
    /// in our record, but names our operations, was about. Nil where the arguments are not this recipe's.
    package func items(fromArguments arguments: [[UInt8]]) -> [OutcomeResolver.Item]? {
        guard let values = try? arguments.map({ try JSONCDC.decode($0) }) else { return nil }
        func texts(_ at: Int) -> [String]? {
            guard values.indices.contains(at), let list = values[at].asArray else { return nil }
            return list.compactMap { $0.asString ?? $0.asUInt64.map(String.init) }
        }
        switch self {
        case .createBrands, .createSubmissions, .createPasses, .createCollectibles, .claimTokens, .deliverPurchases:
            return texts(0).flatMap { zipped($0, texts(1)) }
        case .airdropPasses:
            guard let releases = texts(1), let items = texts(0).flatMap({ zipped($0, texts(2)) }),
                items.count == releases.count
            else { return nil }
            return zip(items, releases).map { item, release in
                OutcomeResolver.Item(operation: item.operation, key: item.key, alias: release)
            }
        case .dropCollectibles:
            return texts(0).flatMap { zipped($0, texts(2)) }
        case .setBrandStatus, .scheduleRelease:
            guard values.count > 1, let operation = values[0].asString, let key = values[1].asString else { return nil }
            return [OutcomeResolver.Item(operation: operation, key: key)]
        case .settleLinkedWallet:
            guard values.count == 5, let operation = values[0].asString, let to = values[2].asAddress,
                let passes = texts(3), let collectibles = texts(4)
            else { return nil }
            return passes.map { .init(operation: operation, key: $0, alias: to.description, contract: "NovaPass") }
                + collectibles.map {
                    .init(operation: operation, key: $0, alias: to.description, contract: "NovaCollectible")
                }
        case .mintAndList:
            guard values.count == 5, let operation = values[0].asString, let release = values[1].asString,
                let batch = values[2].asString.flatMap({ MintBatch(name: $0, of: operation) }),
                let count = values[3].asInt, count >= 0
            else { return nil }
            return (0..<min(count, 10_000)).map { .init(operation: operation, key: "\(release)#\(batch.first + $0)") }
        case .removeListings, .addProposalKeys, .revokeKeys, .deployContract:
            return nil
        }
    }

    private func zipped(_ operations: [String], _ keys: [String]?) -> [OutcomeResolver.Item]? {
        guard let keys, keys.count == operations.count else { return nil }
        return zip(operations, keys).map { OutcomeResolver.Item(operation: $0, key: $1) }
    }
}
