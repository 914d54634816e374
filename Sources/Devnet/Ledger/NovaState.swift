import Cadence
import FlowClient

/// What the contract NovaBrand keeps.
struct NovaBrandState: Sendable {
    struct Brand: Sendable {
        var name: String
        var status: UInt8
    }
    var brands = PersistentMap<String, Brand>()
    var submissions = PersistentMap<String, Bool>()

    func isActive(_ id: String) -> Bool { brands[id]?.status == 2 }
}

/// What the contract NovaPass keeps, its tokens and collections apart.
struct NovaPassState: Sendable {
    struct Pass: Sendable {
        var brandID: String
        var name: String
        var maxSupply: UInt64?
        var minted: UInt64 = 0

        mutating func takeSerial() -> UInt64? {
            if let maxSupply, minted >= maxSupply { return nil }
            minted += 1
            return minted
        }
    }

    struct Release: Sendable {
        var passID: String
        var supply: UInt64
        /// UFix64, scaled by 1e8.
        var price: UInt64
        var minted: UInt64 = 0

        mutating func take() -> Bool {
            guard minted < supply else { return false }
            minted += 1
            return true
        }
    }

    /// Where the NovaBrand that it imports lives.
    var brandContract: Address
    var passes = PersistentMap<String, Pass>()
    var releases = PersistentMap<String, Release>()
    var claims = PersistentMap<UInt64, String>()
    var dropped = PersistentMap<String, UInt64>()
    /// The batches of mints that were begun.
    var batches = PersistentMap<String, Bool>()
    /// Holder to the uuid of the collection in the holder's locker.
    var lockers = PersistentMap<String, UInt64>()
}

/// What the contract NovaCollectible keeps, its tokens and collections apart.
struct NovaCollectibleState: Sendable {
    struct Collectible: Sendable {
        var brandID: String
        var maxSupply: UInt64?
        var minted: UInt64 = 0

        mutating func takeSerial() -> UInt64? {
            if let maxSupply, minted >= maxSupply { return nil }
            minted += 1
            return minted
        }
    }

    var brandContract: Address
    var collectibles = PersistentMap<String, Collectible>()
    var dropped = PersistentMap<String, UInt64>()
    var lockers = PersistentMap<String, UInt64>()
}

/// A token, and the collection that it is in.
struct Token: Sendable {
    var contract: ContractLocation
    /// Of the pass or of the collectible.
    var kindID: String
    var releaseID: String
    var serial: UInt64
    var collection: UInt64
}

/// A collection of tokens, in an account's storage or in a contract's locker, which is in the contract's account.
struct TokenCollection: Sendable {
    var owner: Address
    var contract: ContractLocation
    var tokens = PersistentMap<UInt64, Bool>()

    var sortedIDs: [UInt64] { tokens.entries.map(\.key).sorted() }
}

struct Storefront: Sendable {
    var owner: Address
    var contract: ContractLocation
    var listings = PersistentMap<UInt64, Listing>()
    /// Token to its listings that have not been removed, in the order in which they were made.
    var listingsOfToken = PersistentMap<UInt64, [UInt64]>()
}

struct Listing: Sendable {
    var token: UInt64
    var tokenContract: ContractLocation
    /// The collection that the provider's capability reaches.
    var provider: UInt64
    var price: UInt64
    var receiver: Address
    var customID: String?
    /// Unix seconds.
    var expiry: UInt64
    var isPurchased = false
}
