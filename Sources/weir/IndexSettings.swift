import Cadence
import Daemon
import FlowClient
import Indexer

/// What the index follows beside the platform's own contracts, as the configuration says it.
extension Settings {
    static let indexPlatform = Setting(
        "index.platform", .boolean, default: true,
        "whether NovaBrand, NovaPass and NovaCollectible are followed; false: an index of others' contracts alone, with the roles ingest and serve"
    )
    static let indexNFTs = Setting(
        "index.nfts",
        .records(
            [
                NFT.type, NFT.events, NFT.deposit, NFT.withdraw, NFT.burn, NFT.id, NFT.from, NFT.to, NFT.since,
            ], count: 0...200), default: [],
        "NFTs of other contracts, such as [{type: A.0b2a3299cc857e29.TopShot.NFT, events: own, burn: MomentDestroyed, since: 7601063}]: standard events are NonFungibleToken's, own ones the contract's Deposit and Withdraw"
    )
    static let indexVaults = Setting(
        "index.vaults", .list(of: .typeID, count: 0...200), default: [],
        "fungible vaults whose balances are followed, such as A.1654653399040a61.FlowToken.Vault")
    static let hybridCustody = Setting(
        "index.hybrid_custody_address", SettingKind<Address>.flowAddress.optional,
        "where HybridCustody is deployed, whose linked accounts are followed (d8a7e05a7ac670c0 on mainnet); none: they are not"
    )

    static let reconcileScripts = Setting(
        "reconcile.scripts_per_second", .number(0...1000), default: 1,
        "how often the chain is asked whether it has what is indexed, in scripts a second at most; 0: never")

    enum NFT {
        static let type = Setting("type", .typeID, "the full type id, A.ADDRESS.Contract.NFT")
        static let events = Setting(
            "events", .choice(["standard", "own"], name: { $0 }), default: "standard", "which events tell of it")
        static let deposit = Setting("deposit", .name, default: "Deposit", "of own events: the deposit's name")
        static let withdraw = Setting("withdraw", .name, default: "Withdraw", "of own events: the withdrawal's name")
        static let burn = Setting("burn", SettingKind<String>.name.optional, "of own events: a burn's name")
        static let id = Setting("id", .name, default: "id", "of own events: the field with the token's id")
        static let from = Setting("from", .name, default: "from", "of own events: the field with who had it")
        static let to = Setting("to", .name, default: "to", "of own events: the field with who gets it")
        static let since = Setting(
            "since", SettingKind<Int>.integer(0...Int.max - 1).optional,
            "the height at which the contract began: from there on it is filled in by itself")
    }

    @Sendable static func indexFitsRoles(_ configuration: Configuration) -> [ConfigurationMistake] {
        guard !configuration[indexPlatform] else { return [] }
        var mistakes: [ConfigurationMistake] = []
        for role in [Role.submit, .bridge] where configuration[roles].contains(role) {
            mistakes.append(
                .init(
                    key: indexPlatform.name,
                    "can't be false beside the role \(role.rawValue), which works on the platform's contracts",
                    origin: configuration.origin(of: indexPlatform)))
        }
        if configuration[indexNFTs].isEmpty, configuration[indexVaults].isEmpty, configuration[hybridCustody] == nil {
            mistakes.append(
                .init(
                    key: indexPlatform.name,
                    "is false and nothing else is named: index.nfts, index.vaults or index.hybrid_custody_address",
                    origin: configuration.origin(of: indexPlatform)))
        }
        return mistakes
    }

    @Sendable static func indexNamesOnce(_ configuration: Configuration) -> [ConfigurationMistake] {
        let network = configuration[network]
        var seen: Set<String> = []
        let types =
            configuration[indexNFTs].map { (indexNFTs.name, $0[NFT.type]) }
            + configuration[indexVaults].map { (indexVaults.name, $0) }
        return types.compactMap { key, type in
            if !seen.insert(type).inserted { return ConfigurationMistake(key: key, "names \(type) twice") }
            let address = TypeID.account(of: type)
            guard network != "testing", let address, !address.isValid(on: Wiring.chain(of: network)) else { return nil }
            return ConfigurationMistake(key: key, "\(type): \(address) is no address of \(network) (flow.network)")
        }
    }
}

extension Wiring {
    /// What is followed, of these addresses.
    static func contracts(_ configuration: Configuration, _ addresses: [String: Address]) throws -> TrackedContracts {
        var tracked =
            configuration[Settings.indexPlatform]
            ? try TrackedContracts(byName: addresses)
            : TrackedContracts(
                nonFungibleToken: addresses["NonFungibleToken"], storefront: addresses["NFTStorefrontV2"])
        tracked.others = configuration[Settings.indexNFTs].map { record in
            var own = NFTTrack.OwnEvents(
                deposit: record[Settings.NFT.deposit], withdraw: record[Settings.NFT.withdraw],
                burn: record[Settings.NFT.burn])
            (own.id, own.from, own.to) = (
                record[Settings.NFT.id], record[Settings.NFT.from], record[Settings.NFT.to]
            )
            return NFTTrack(
                type: record[Settings.NFT.type], events: record[Settings.NFT.events] == "own" ? .own(own) : .standard,
                since: record[Settings.NFT.since].map { BlockHeight(UInt64($0)) })
        }
        tracked.vaults = configuration[Settings.indexVaults]
        tracked.fungibleToken = addresses["FungibleToken"]
        tracked.hybridCustody = configuration[Settings.hybridCustody]
        return tracked
    }
}

extension SettingKind where Value == String {
    /// `A.<address>.<Contract>.<Type>`.
    static var typeID: Self {
        custom(
            "a type id, A.ADDRESS.Contract.Type with 16 hex digits",
            parse: { text in
                let parts = text.split(separator: ".", omittingEmptySubsequences: false)
                guard parts.count == 4, parts[0] == "A",
                    parts[1].wholeMatch(of: /[0-9a-f]{16}/) != nil,
                    parts.dropFirst(2).allSatisfy({ $0.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil })
                else { return nil }
                return text
            }, show: { $0 })
    }

    /// An identifier of Cadence.
    static var name: Self {
        custom(
            "a name of letters, digits and underscores",
            parse: { $0.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil ? $0 : nil }, show: { $0 })
    }
}
