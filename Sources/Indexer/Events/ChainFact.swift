package import Cadence
package import FlowClient

/// What an event says, for the projections. One event can say several things: a collectible's Dropped is its mint, too.
package enum ChainFact: Hashable, Sendable {
    /// `to` is nil where the collection lies in no account at that moment.
    /// Contracts of before Cadence 1.0 tell neither uuid nor collection.
    case deposited(TokenKey, uuid: UInt64?, to: Address?, collection: UInt64?)
    case withdrawn(TokenKey, uuid: UInt64?, from: Address?, collection: UInt64?)
    case destroyed(TokenKey)
    /// Said under the interface's name: the type is not told.
    case destroyedSomewhere(uuid: UInt64)
    case minted(Mint)
    /// The next deposit of this token goes into this holder's locker.
    case held(TokenKey, holder: String)
    case listed(Listing)
    /// Bought or given up; a listing that was bought stays in its storefront until it is removed.
    case listingCompleted(UInt64, purchased: Bool)
    case listingRemoved(UInt64, purchased: Bool)
    case claimed(TokenKey, group: String, operation: String)
    case vaultMoved(VaultMove)
    /// What was in it is gone, and so is the vault.
    case vaultBurned(vault: UInt64, type: String)
    /// A child account that its parent may use from here on, or no longer.
    case linked(child: Address, parent: Address, isActive: Bool)
    case contractChanged(ContractChange)
    /// A person has put right who has it, as the chain said when it was asked.
    case corrected(TokenKey, Owner?)

    /// Tokens into a vault or out of it.
    package struct VaultMove: Hashable, Sendable {
        /// The vault's uuid: it is the vault that stays in its account; each withdrawal makes another one.
        package var vault: UInt64
        package var type: String
        /// Nil where the vault lies in no account at that moment.
        package var account: Address?
        /// UFix64, scaled by 1e8.
        package var amount: UInt64
        package var isDeposit: Bool
        package var balanceAfter: UInt64
    }

    package struct Mint: Hashable, Sendable {
        package var token: TokenKey
        /// The pass's or collectible's id.
        package var group: String
        package var release: String?
        package var serial: UInt64
    }

    package struct Listing: Hashable, Sendable {
        package var id: UInt64
        package var storefront: Address
        package var token: TokenKey
        /// UFix64, scaled by 1e8.
        package var price: UInt64
        package var paymentType: String
        package var customID: String?
        /// Unix seconds.
        package var expiry: UInt64
    }
}

/// An event of the platform's contracts that names its operation: what tells an operation that it has been carried out.
package struct OperationMention: Hashable, Sendable {
    package var operation: String
    package var contract: String
    package var kind: PlatformEvent
    /// What the operation's item was: an id of a brand, pass, release, collectible, drop row or token.
    package var item: String
    /// Why it was rejected.
    package var reason: String?
    package var token: TokenKey?
    package var to: Address?
    package var holder: String?
    package var serial: UInt64?
}

/// A tracked event, read.
package struct ReadEvent: Hashable, Sendable {
    package var position: EventPosition
    package var transactionID: TransactionID
    package var facts: [ChainFact]
    package var mention: OperationMention?

    package init(
        position: EventPosition, transactionID: TransactionID, facts: [ChainFact], mention: OperationMention? = nil
    ) {
        self.position = position
        self.transactionID = transactionID
        self.facts = facts
        self.mention = mention
    }
}

/// The code of a contract that is followed has changed: its events may have, too.
package struct ContractChange: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case added = "AccountContractAdded"
        case updated = "AccountContractUpdated"
        case removed = "AccountContractRemoved"
    }

    package var kind: Kind
    /// `A.<address>.<Contract>`.
    package var contract: String
    /// SHA3-256 of the code.
    package var codeHash: [UInt8]
}
