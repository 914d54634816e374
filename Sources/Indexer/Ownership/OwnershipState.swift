import Cadence
package import FlowClient

/// The index, in memory and whole: the same reduction as the database's, without a database. It is what the tables are
/// compared with, and what a reader without Postgres can use.
package struct OwnershipState: Sendable {
    /// By token, in order; only the last one can be open.
    package private(set) var spans: [TokenKey: [OwnershipSpan]] = [:]
    package private(set) var lockers: [UInt64: String] = [:]
    package private(set) var listings: [UInt64: ListingSpan] = [:]
    package private(set) var mints: [TokenKey: ChainFact.Mint] = [:]
    private var places: [UInt64: Address] = [:]
    private var uuids: [UInt64: TokenKey] = [:]
    /// The last event read.
    package private(set) var position: EventPosition?

    package struct ListingSpan: Hashable, Sendable {
        package var listing: ChainFact.Listing
        package var from: EventPosition
        package var ended: EventPosition?
        package var purchased = false
        /// Gone from the storefront. A listing that was bought stays there until then.
        package var removed: EventPosition?

        package func isOpen(at height: BlockHeight) -> Bool {
            from.height <= height && (ended.map { $0.height > height } ?? true)
        }
    }

    package init() {}

    /// Events must come in the chain's order; whole transactions at a time.
    package mutating func apply(_ events: [ReadEvent]) {
        for event in events {
            for case .deposited(let token, let uuid?, _, _) in event.facts { uuids[uuid] = token }
        }
        var reducer = OwnershipReducer(lockers: lockers, places: places, uuids: uuids)
        for event in events {
            reducer.read(event)
            for fact in event.facts { apply(fact, at: event.position) }
            position = event.position
        }
        lockers = reducer.lockers
        places = reducer.places
        var moves = reducer.placesFound[...]
        for change in reducer.changes {
            while let move = moves.first, move.position.transaction < change.position.transaction {
                follow(moves.removeFirst())
            }
            apply(change)
        }
        for move in moves { follow(move) }
    }

    /// What lay in a collection has moved along with it.
    private mutating func follow(_ move: PlaceFound) {
        for (token, history) in spans {
            guard let last = history.last, last.to == nil, last.collection == move.collection,
                last.from.transaction < move.position.transaction,
                last.owner == .limbo || last.owner.address == move.before,
                let owner = last.owner.moved(to: move.account, contract: token.contractAccount), owner != last.owner
            else { continue }
            apply(
                OwnershipChange(token: token, owner: owner, collection: move.collection, position: move.position))
        }
    }

    private mutating func apply(_ change: OwnershipChange) {
        var history = spans[change.token] ?? []
        if let last = history.indices.last, history[last].to == nil { history[last].to = change.position }
        if let owner = change.owner {
            history.append(
                OwnershipSpan(token: change.token, owner: owner, collection: change.collection, from: change.position))
        }
        spans[change.token] = history
    }

    private mutating func apply(_ fact: ChainFact, at position: EventPosition) {
        switch fact {
        case .minted(let mint): mints[mint.token] = mint
        case .listed(let listing): listings[listing.id] = ListingSpan(listing: listing, from: position)
        case .listingCompleted(let id, let purchased): end(id, purchased: purchased, at: position)
        case .listingRemoved(let id, let purchased):
            end(id, purchased: purchased, at: position)
            listings[id]?.removed = position
        case .deposited, .withdrawn, .destroyed, .destroyedSomewhere, .held, .claimed, .vaultMoved, .vaultBurned,
            .linked, .contractChanged, .corrected:
            break
        }
    }

    private mutating func end(_ id: UInt64, purchased: Bool, at position: EventPosition) {
        guard listings[id]?.ended == nil else { return }
        listings[id]?.ended = position
        listings[id]?.purchased = purchased
    }
}

extension OwnershipState {
    package func owner(of token: TokenKey, at height: BlockHeight) -> Owner? {
        spans[token]?.last { $0.covers(height) }?.owner
    }

    /// Sorted by type, then id.
    package func holdings(of owner: Owner, at height: BlockHeight) -> [TokenKey] {
        spans.compactMap { token, history in history.contains { $0.owner == owner && $0.covers(height) } ? token : nil }
            .sorted()
    }

    package func owners(at height: BlockHeight) -> [TokenKey: Owner] {
        spans.compactMapValues { $0.last { $0.covers(height) }?.owner }
    }

    /// Listing to token id.
    package func openListings(at height: BlockHeight) -> [UInt64: UInt64] {
        listings.filter { $1.isOpen(at: height) }.mapValues { $0.listing.token.id }
    }
}
