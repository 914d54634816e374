package import Cadence
import FlowClient

/// Which contracts the index follows, and where they are deployed. Configuration: nothing here is known by address.
package struct TrackedContracts: Hashable, Sendable {
    package var nonFungibleToken: Address
    /// Nil where no listings are followed.
    package var storefront: Address?
    package var brand: Address?
    package var pass: Address?
    package var collectible: Address?
    /// Other NFT types by type id; their contracts have no lockers, and their tokens no pass or collectible.
    package var otherTokenTypes: [String]

    package init(
        nonFungibleToken: Address, storefront: Address? = nil, brand: Address? = nil, pass: Address? = nil,
        collectible: Address? = nil, otherTokenTypes: [String] = []
    ) {
        self.nonFungibleToken = nonFungibleToken
        self.storefront = storefront
        self.brand = brand
        self.pass = pass
        self.collectible = collectible
        self.otherTokenTypes = otherTokenTypes
    }

    /// By contract name, as the recordings' accounts files and flow.json's deployments have it. NonFungibleToken is needed.
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
    package var tokenTypes: [String] { [passType, collectibleType].compactMap { $0 } + otherTokenTypes }

    /// What each event type is to us: exact type ids, as the chain compares them.
    package var eventKinds: [String: EventKind] {
        var kinds: [String: EventKind] = [
            "A.\(nonFungibleToken.hex).NonFungibleToken.Deposited": .deposited,
            "A.\(nonFungibleToken.hex).NonFungibleToken.Withdrawn": .withdrawn,
            // Declared by the interface: its event names no type, only the uuid.
            "A.\(nonFungibleToken.hex).NonFungibleToken.NFT.ResourceDestroyed": .destroyedUnderInterface,
        ]
        for type in tokenTypes { kinds[type + ".ResourceDestroyed"] = .destroyed(type: type) }
        if let storefront {
            let prefix = "A.\(storefront.hex).NFTStorefrontV2"
            kinds[prefix + ".ListingAvailable"] = .listingAvailable
            kinds[prefix + ".ListingCompleted"] = .listingCompleted
            kinds[prefix + ".Listing.ResourceDestroyed"] = .listingDestroyed
        }
        func add(_ contract: String, at address: Address?, _ names: [PlatformEvent]) {
            guard let address else { return }
            for name in names { kinds["A.\(address.hex).\(contract).\(name.rawValue)"] = .platform(contract, name) }
        }
        add("NovaBrand", at: brand, [.brandCreated, .brandStatusChanged, .submissionCreated, .rejected])
        add(
            "NovaPass", at: pass,
            [.passCreated, .releaseScheduled, .minted, .delivered, .held, .released, .claimed, .rejected])
        add("NovaCollectible", at: collectible, [.collectibleCreated, .dropped, .released, .rejected])
        return kinds
    }
}

/// What an event type means to the index.
package enum EventKind: Hashable, Sendable {
    case deposited
    case withdrawn
    case destroyed(type: String)
    case destroyedUnderInterface
    case listingAvailable
    case listingCompleted
    case listingDestroyed
    case platform(String, PlatformEvent)
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
