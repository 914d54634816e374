import Cadence
package import FlowClient

/// A contract's NFTs that are followed, and by which of its events.
package struct NFTTrack: Hashable, Sendable {
    /// The full type id, such as `A.0b2a3299cc857e29.TopShot.NFT`.
    package var type: String
    package var events: Events
    /// Where the contract began: nothing of it came before. Nil: not known.
    package var since: BlockHeight?

    package enum Events: Hashable, Sendable {
        /// `NonFungibleToken.Deposited` and `.Withdrawn`, which the interface emits for every token since Cadence 1.0.
        case standard
        /// Events of the contract's own, as all contracts had them before.
        case own(OwnEvents)
    }

    /// Event and field names of a contract. Events are given as within the contract, `Deposit` for `A.….TopShot.Deposit`.
    package struct OwnEvents: Hashable, Sendable {
        package var deposit = "Deposit"
        package var withdraw = "Withdraw"
        /// Beside `NFT.ResourceDestroyed`, which is always followed.
        package var burn: String?
        package var id = "id"
        package var from = "from"
        package var to = "to"

        package init(deposit: String = "Deposit", withdraw: String = "Withdraw", burn: String? = nil) {
            (self.deposit, self.withdraw, self.burn) = (deposit, withdraw, burn)
        }
    }

    package init(type: String, events: Events = .standard, since: BlockHeight? = nil) {
        self.type = type
        self.events = events
        self.since = since
    }

    /// `A.<address>.<Contract>` of the type; nil where the type id has another form.
    package var contract: String? {
        let parts = type.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0] == "A", parts[1].count == 16, Address(parts[1]) != nil else { return nil }
        return parts.prefix(3).joined(separator: ".")
    }
}
