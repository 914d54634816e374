package import Cadence
import FlowClient

/// Who a token belongs to after a transaction that touched it. Nil: it was destroyed.
package struct OwnershipChange: Hashable, Sendable {
    package var token: TokenKey
    package var owner: Owner?
    /// The collection that it lies in.
    package var collection: UInt64?
    /// The last event of the transaction that moved it.
    package var position: EventPosition
    /// The resource's, where the event tells it.
    package var uuid: UInt64?

    package init(
        token: TokenKey, owner: Owner?, collection: UInt64?, position: EventPosition, uuid: UInt64? = nil
    ) {
        (self.token, self.owner, self.collection, self.position) = (token, owner, collection, position)
        self.uuid = uuid
    }
}

/// A collection in the contract's account that is a holder's locker.
package struct LockerFound: Hashable, Sendable {
    package var collection: UInt64
    package var tokenType: String
    package var holder: String
    package var position: EventPosition
}

/// A collection that was seen in an account, for the first time or in another one than before.
package struct PlaceFound: Hashable, Sendable {
    package var collection: UInt64
    package var account: Address
    package var position: EventPosition
    /// Where it was before: all that lies in it has moved along, without a word of its own.
    package var before: Address?
}

/// Reduces events to changes of ownership, one change a token and transaction: what happens between the events of one
/// transaction nobody can see on the chain.
///
/// The rules, as measured on the real virtual machine:
/// - tokens in a locker are deposited "to" the contract's account, just as those in the treasury are; the deposit's
///   `collectionUUID` tells them apart;
/// - a locker's `Held`, or `Dropped` with a holder, precedes the deposit that names its collection, and does so again for
///   each token;
/// - a burn is a `Withdrawn` and two `ResourceDestroyed`, the interface's and the contract's;
/// - a deposit that names no account goes into a collection that lies in none at that moment; where the collection has been
///   seen in an account before, it is there that it is kept;
/// - a withdrawal without a deposit in the same transaction leaves the token in nobody's account;
/// - contracts of before Cadence 1.0 emit events of their own, today beside the interface's: the second of two that say the
///   same adds nothing, and does not take away what the first one knew.
package struct OwnershipReducer: Sendable {
    /// What each transaction so far made of the tokens it touched, in order.
    package private(set) var changes: [OwnershipChange] = []
    /// Lockers first seen here.
    package private(set) var lockersFound: [LockerFound] = []
    /// Known before, or found here: collection to holder.
    package private(set) var lockers: [UInt64: String]

    /// Collections that were not where they were known to be, or not known.
    package private(set) var placesFound: [PlaceFound] = []
    /// Known before, or found here: collection to account.
    package private(set) var places: [UInt64: Address]

    private var contractAccounts: [String: Address] = [:]
    private var transaction: TransactionPlace?
    /// Of the transaction being read: token to its place in `changes`.
    private var touched: [TokenKey: Int] = [:]
    /// Of the transaction being read: the locker that a token is about to be put into.
    private var heldFor: [TokenKey: String] = [:]
    /// Of the transaction being read: collection to its place in `placesFound`. The last account of a transaction counts.
    private var foundHere: [UInt64: Int] = [:]
    /// Of the transaction being read: tokens that were withdrawn, by uuid.
    private var withdrawn: [UInt64: TokenKey] = [:]
    /// Tokens that an earlier transaction withdrew and this one destroys, by uuid.
    private var uuids: [UInt64: TokenKey]

    package init(
        lockers: [UInt64: String] = [:], places: [UInt64: Address] = [:], uuids: [UInt64: TokenKey] = [:]
    ) {
        self.lockers = lockers
        self.places = places
        self.uuids = uuids
    }

    /// For a reader of many batches: tokens of this one that are told by their uuid alone.
    mutating func learn(_ known: KnownCollections) { uuids = known.uuids }

    /// For a reader of many batches: what was found is taken, what is known is kept.
    mutating func takeFound() -> (changes: [OwnershipChange], lockers: [LockerFound], places: [PlaceFound]) {
        defer {
            changes.removeAll(keepingCapacity: true)
            lockersFound.removeAll(keepingCapacity: true)
            placesFound.removeAll(keepingCapacity: true)
            transaction = nil
        }
        return (changes, lockersFound, placesFound)
    }

    /// Events must come in the chain's order.
    package mutating func read(_ event: ReadEvent) {
        let here = event.position.transaction
        if transaction != here {
            transaction = here
            touched.removeAll(keepingCapacity: true)
            heldFor.removeAll(keepingCapacity: true)
            withdrawn.removeAll(keepingCapacity: true)
            foundHere.removeAll(keepingCapacity: true)
        }
        for fact in event.facts { read(fact, at: event.position) }
    }

    private mutating func read(_ fact: ChainFact, at position: EventPosition) {
        switch fact {
        case .held(let token, let holder):
            heldFor[token] = holder
        case .deposited(let token, let uuid, let to, let collection):
            let owner = owner(of: token, depositedTo: to, collection, at: position)
            if collection == nil, let place = touched[token], changes[place].collection != nil,
                owner == .limbo || owner.address == changes[place].owner?.address
            {
                return
            }
            change(token, to: owner, in: collection, at: position, uuid: uuid)
        case .withdrawn(let token, let uuid, _, _):
            if let uuid { withdrawn[uuid] = token }
            change(token, to: .limbo, in: nil, at: position)
        case .destroyed(let token):
            change(token, to: nil, in: nil, at: position)
        case .destroyedSomewhere(let uuid):
            if let token = withdrawn[uuid] ?? uuids[uuid] { change(token, to: nil, in: nil, at: position) }
        case .corrected(let token, let owner):
            change(token, to: owner, in: nil, at: position)
        case .minted, .listed, .listingCompleted, .listingRemoved, .claimed, .vaultMoved, .vaultBurned, .linked,
            .contractChanged:
            break
        }
    }

    private mutating func owner(
        of token: TokenKey, depositedTo to: Address?, _ collection: UInt64?, at position: EventPosition
    ) -> Owner {
        let holder = heldFor.removeValue(forKey: token)
        guard let collection else {
            guard let to else { return .limbo }
            return to == contractAccount(of: token.type) ? .treasury(to) : .wallet(to)
        }
        if let to, places[collection] != to {
            let before = places.updateValue(to, forKey: collection)
            if let place = foundHere[collection] {
                placesFound[place].account = to
            } else {
                foundHere[collection] = placesFound.count
                placesFound.append(
                    PlaceFound(collection: collection, account: to, position: position, before: before))
            }
        }
        guard let to = to ?? places[collection] else { return .limbo }
        guard to == contractAccount(of: token.type) else { return .wallet(to) }
        if let holder, lockers[collection] != holder {
            lockers[collection] = holder
            lockersFound.append(
                LockerFound(collection: collection, tokenType: token.type, holder: holder, position: position))
        }
        return lockers[collection].map { .locker(holder: $0) } ?? .treasury(to)
    }

    private mutating func contractAccount(of type: String) -> Address? {
        if let known = contractAccounts[type] { return known }
        let address = TypeID.account(of: type)
        contractAccounts[type] = address
        return address
    }

    private mutating func change(
        _ token: TokenKey, to owner: Owner?, in collection: UInt64?, at position: EventPosition, uuid: UInt64? = nil
    ) {
        let change = OwnershipChange(
            token: token, owner: owner, collection: collection, position: position, uuid: uuid)
        if let place = touched[token] {
            changes[place] = change
        } else {
            touched[token] = changes.count
            changes.append(change)
        }
    }
}
