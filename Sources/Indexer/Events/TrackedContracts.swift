package import Cadence
import FlowClient

/// What the index follows, and where it is deployed. Configuration: nothing here is known by address.
package struct TrackedContracts: Hashable, Sendable {
    /// Needed where an NFT is followed by the standard events.
    package var nonFungibleToken: Address?
    /// Where NFTStorefrontV2 is deployed; nil where no listings are followed.
    package var storefront: Address?
    /// The platform's own: lockers, mints, claims, and what finishes operations.
    package var brand: Address?
    package var pass: Address?
    package var collectible: Address?
    /// NFTs of other contracts: they have no lockers, and their tokens no pass or collectible.
    package var others: [NFTTrack]
    /// Needed where vaults are followed.
    package var fungibleToken: Address?
    /// Fungible vaults by type id, such as `A.1654653399040a61.FlowToken.Vault`.
    package var vaults: [String]
    /// Where HybridCustody is deployed; nil where no linked accounts are followed.
    package var hybridCustody: Address?

    package init(
        nonFungibleToken: Address? = nil, storefront: Address? = nil, brand: Address? = nil, pass: Address? = nil,
        collectible: Address? = nil, others: [NFTTrack] = [], fungibleToken: Address? = nil, vaults: [String] = [],
        hybridCustody: Address? = nil
    ) {
        self.nonFungibleToken = nonFungibleToken
        self.storefront = storefront
        self.brand = brand
        self.pass = pass
        self.collectible = collectible
        self.others = others
        self.fungibleToken = fungibleToken
        self.vaults = vaults
        self.hybridCustody = hybridCustody
    }

    /// The platform's, by contract name, as the recordings' accounts files and flow.json's deployments have it.
    /// NonFungibleToken is needed.
    package init(byName addresses: [String: Address]) throws {
        guard let nonFungibleToken = addresses["NonFungibleToken"] else {
            throw IndexerError(.badRequest, "the address of contract NonFungibleToken is missing")
        }
        self.init(
            nonFungibleToken: nonFungibleToken, storefront: addresses["NFTStorefrontV2"], brand: addresses["NovaBrand"],
            pass: addresses["NovaPass"], collectible: addresses["NovaCollectible"])
    }

    package var passType: String? { pass.map { "A.\($0.hex).NovaPass.NFT" } }
    package var collectibleType: String? { collectible.map { "A.\($0.hex).NovaCollectible.NFT" } }
    package var tokenTypes: [String] { nfts.map(\.type) }

    /// The platform's and the others.
    package var nfts: [NFTTrack] {
        [passType, collectibleType].compactMap { $0.map { NFTTrack(type: $0) } } + others
    }

    /// The same, of some tracks alone.
    func narrowed(to tracks: Set<String>) -> TrackedContracts {
        var some = self
        if !tracks.contains(passType ?? "") { some.pass = nil }
        if !tracks.contains(collectibleType ?? "") { some.collectible = nil }
        if !tracks.contains(brand.map { "A.\($0.hex).NovaBrand" } ?? "") { some.brand = nil }
        some.others.removeAll { !tracks.contains($0.type) }
        some.vaults.removeAll { !tracks.contains($0) }
        if !tracks.contains(Track.linkedAccounts) { some.hybridCustody = nil }
        return some
    }

    /// What each event type is to us: exact type ids, as the chain compares them.
    package var eventKinds: [String: EventKind] {
        var kinds: [String: EventKind] = [:]
        for track in nfts { kinds.merge(events(of: track)) { $1 } }
        if let storefront {
            let prefix = "A.\(storefront.hex).NFTStorefrontV2"
            kinds[prefix + ".ListingAvailable"] = .listingAvailable
            kinds[prefix + ".ListingCompleted"] = .listingCompleted
            kinds[prefix + ".Listing.ResourceDestroyed"] = .listingDestroyed
        }
        for (contract, names) in platformEvents {
            for name in names { kinds["\(contract).\(name.rawValue)"] = .platform(contract, name) }
        }
        if let fungibleToken, !vaults.isEmpty {
            let prefix = "A.\(fungibleToken.hex).FungibleToken"
            kinds[prefix + ".Deposited"] = .vaultDeposited
            kinds[prefix + ".Withdrawn"] = .vaultWithdrawn
            kinds[prefix + ".Burned"] = .vaultBurned
        }
        if let hybridCustody { kinds["A.\(hybridCustody.hex).HybridCustody.AccountUpdated"] = .accountLinked }
        if !kinds.isEmpty {
            for change in ContractChange.Kind.allCases { kinds["flow." + change.rawValue] = .contractChanged(change) }
        }
        return kinds
    }

    private func events(of track: NFTTrack) -> [String: EventKind] {
        var kinds: [String: EventKind] = [track.type + ".ResourceDestroyed": .destroyed(type: track.type)]
        if let nonFungibleToken {
            let standard = "A.\(nonFungibleToken.hex).NonFungibleToken"
            if track.events == .standard {
                kinds[standard + ".Deposited"] = .deposited
                kinds[standard + ".Withdrawn"] = .withdrawn
            }
            // Declared by the interface: its event names no type, only the uuid.
            kinds[standard + ".NFT.ResourceDestroyed"] = .destroyedUnderInterface
        }
        if case .own(let names) = track.events, let contract = track.contract {
            kinds["\(contract).\(names.deposit)"] = .ownDeposit(track.type, names)
            kinds["\(contract).\(names.withdraw)"] = .ownWithdraw(track.type, names)
            if let burn = names.burn { kinds["\(contract).\(burn)"] = .ownBurn(track.type, names) }
        }
        return kinds
    }

    /// By contract id, `A.<address>.<Contract>`.
    var platformEvents: [(contract: String, names: [PlatformEvent])] {
        let all: [(Address?, String, [PlatformEvent])] = [
            (brand, "NovaBrand", [.brandCreated, .brandStatusChanged, .submissionCreated, .rejected]),
            (
                pass, "NovaPass",
                [.passCreated, .releaseScheduled, .minted, .delivered, .held, .released, .claimed, .rejected]
            ),
            (collectible, "NovaCollectible", [.collectibleCreated, .dropped, .released, .rejected]),
        ]
        return all.compactMap { address, name, events in address.map { ("A.\($0.hex).\(name)", events) } }
    }
}

/// What an event type means to the index.
package enum EventKind: Hashable, Sendable {
    case deposited
    case withdrawn
    case ownDeposit(String, NFTTrack.OwnEvents)
    case ownWithdraw(String, NFTTrack.OwnEvents)
    case ownBurn(String, NFTTrack.OwnEvents)
    case destroyed(type: String)
    case destroyedUnderInterface
    case listingAvailable
    case listingCompleted
    case listingDestroyed
    case platform(String, PlatformEvent)
    case vaultDeposited
    case vaultWithdrawn
    case vaultBurned
    case accountLinked
    case contractChanged(ContractChange.Kind)
}

/// The events of the platform's own contracts, by their names there. Each names the operation that asked for it.
package enum PlatformEvent: String, Hashable, Sendable, CaseIterable {
    case brandCreated = "BrandCreated"
    case brandStatusChanged = "BrandStatusChanged"
    case submissionCreated = "SubmissionCreated"
    case passCreated = "PassCreated"
    case releaseScheduled = "ReleaseScheduled"
    case minted = "Minted"
    case delivered = "Delivered"
    case held = "Held"
    case released = "Released"
    case claimed = "Claimed"
    case collectibleCreated = "CollectibleCreated"
    case dropped = "Dropped"
    case rejected = "Rejected"
}
