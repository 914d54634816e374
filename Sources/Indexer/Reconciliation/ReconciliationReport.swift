package import FlowClient
package import FoundationEssentials

/// Where the words differ about a token. Nil: nobody has it, or nobody asked.
package struct OwnerDrift: Hashable, Sendable {
    package var token: TokenKey
    package var asked: Owner?
    package var indexed: Owner?
    package var onChain: Owner?

    var isDrift: Bool { indexed != onChain || asked != nil && asked != onChain }
}

package struct ListingDrift: Hashable, Sendable {
    package var id: UInt64
    package var indexed: UInt64?
    package var onChain: UInt64?
}

/// What was compared, at which block, and what differs.
package struct ReconciliationReport: Sendable {
    package var height: BlockHeight
    package var blockID: BlockID
    package var producedAt: Date
    package var ownersCompared = 0
    package var tokensCompared = 0
    package var listingsCompared = 0
    /// By token.
    package var owners: [OwnerDrift] = []
    /// By listing.
    package var listings: [ListingDrift] = []

    package var agrees: Bool { owners.isEmpty && listings.isEmpty }

    init<Value>(_ asOf: AsOf<Value>) {
        height = asOf.height
        blockID = asOf.blockID
        producedAt = asOf.producedAt
    }
}
