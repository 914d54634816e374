package import Cadence
package import FlowClient
package import FoundationEssentials

/// An answer and the height it speaks of: what is said holds after that block, whatever has happened since.
package struct AsOf<Value: Sendable>: Sendable {
    package var value: Value
    package var height: BlockHeight
    package var blockID: BlockID
    /// When that block was produced.
    package var producedAt: Date
    /// What it is about and not wholly known at that height: empty where the answer is complete.
    package var gaps: [Coverage]
    /// Where a standby answered: how many blocks it was behind its primary when the two were last compared.
    package var standbyLag: UInt64?

    package init(
        _ value: Value, height: BlockHeight, blockID: BlockID, producedAt: Date, gaps: [Coverage] = []
    ) {
        self.value = value
        self.height = height
        self.blockID = blockID
        self.producedAt = producedAt
        self.gaps = gaps
    }

    package func map<Other: Sendable>(_ change: (Value) throws -> Other) rethrows -> AsOf<Other> {
        var other = AsOf<Other>(
            try change(value), height: height, blockID: blockID, producedAt: producedAt, gaps: gaps)
        other.standbyLag = standbyLag
        return other
    }
}

/// Which height a question is about.
package enum HeightQuestion: Hashable, Sendable {
    /// The last one that has been indexed.
    case latest
    case at(BlockHeight)
}

/// A token as its owner has it.
package struct OwnedToken: Hashable, Sendable {
    package var token: TokenKey
    package var owner: Owner
    /// The pass or the collectible; nil for tokens of other contracts.
    package var group: String?
    package var release: String?
    package var serial: UInt64?
    /// Since when.
    package var from: EventPosition
    /// Until when; nil: still.
    package var to: EventPosition?
}

/// A token's whole story: who had it and when, oldest first.
package struct TokenHistory: Hashable, Sendable {
    package var token: TokenKey
    package var mintedHeight: BlockHeight
    package var destroyedHeight: BlockHeight?
    package var spans: [OwnedToken]
}

/// One holder and how many tokens of a group it has.
package struct GroupHolder: Hashable, Sendable {
    package var owner: Owner
    package var count: Int
    package var tokens: [UInt64]
}

/// What lies in an account's vaults of one type.
package struct VaultBalance: Hashable, Sendable {
    package var type: String
    /// UFix64 in decimal.
    package var balance: String
    package var vaults: Int
    /// The chain's balances do not follow from the amounts: an event is missing.
    package var disagrees: Bool
}

/// A child account, and a parent that may use it.
package struct AccountLink: Hashable, Sendable {
    package var child: Address
    package var parent: Address
}

package struct OpenListing: Hashable, Sendable {
    package var id: UInt64
    package var storefront: Address
    package var token: TokenKey
    /// UFix64 in decimal, such as `12.50000000`.
    package var price: String
    package var customID: String?
    package var expiresAt: Date
    package var from: EventPosition
}

/// A page, and the cursor of the next one: nil at the end. The cursor is opaque, and holds the height: the pages of one
/// question all speak of the same block.
package struct Page<Element: Sendable>: Sendable {
    package var items: [Element]
    package var next: String?
}

package struct PageRequest: Hashable, Sendable {
    package var limit: Int
    package var cursor: String?

    package init(limit: Int = 100, after cursor: String? = nil) {
        self.limit = max(1, min(limit, 10_000))
        self.cursor = cursor
    }
}
