import Cadence
import FlowClient
import Postgres
import Synchronization

/// What the tables know of the collections and tokens that a batch names: bounded by the batch, however many there are.
struct KnownCollections {
    let lockers: [UInt64: String]
    let places: [UInt64: Address]
    /// Tokens that are destroyed under the interface's name, which tells the uuid alone.
    let uuids: [UInt64: TokenKey]

    private static let knownLockers = """
        select collection_uuid, holder from lockers where collection_uuid = any($1::numeric[])
        """
    private static let knownPlaces = """
        select distinct on (collection_uuid) collection_uuid, account from collection_places
        where collection_uuid = any($1::numeric[])
        order by collection_uuid, found_height desc, found_transaction_index desc
        """
    static let knownTokens = "select uuid, token_type, token_id from tokens where uuid = any($1::numeric[])"

    init(of batch: EventBatch, on connection: PostgresConnection) async throws {
        var collections: Set<UInt64> = []
        var destroyed: Set<UInt64> = []
        for event in batch.events {
            for fact in event.facts {
                switch fact {
                case .deposited(_, _, _, let collection?): collections.insert(collection)
                case .destroyedSomewhere(let uuid): destroyed.insert(uuid)
                default: break
                }
            }
        }
        var (lockers, places) = batch.collections?.known(among: &collections) ?? ([:], [:])
        var uuids: [UInt64: TokenKey] = [:]
        if !collections.isEmpty {
            let asked: [PostgresValue] = [.numericArray(Array(collections))]
            for row in try await connection.query(Self.knownLockers, asked) {
                lockers[try row.decode(at: 0)] = try row.decode(String.self, at: 1)
            }
            for row in try await connection.query(Self.knownPlaces, asked) {
                places[try row.decode(at: 0)] = Address(try row.decode(String.self, at: 1))
            }
        }
        if !destroyed.isEmpty {
            for row in try await connection.query(Self.knownTokens, [.numericArray(Array(destroyed))]) {
                uuids[try row.decode(at: 0)] = TokenKey(type: try row.decode(at: 1), id: try row.decode(at: 2))
            }
        }
        batch.collections?.learn(collections, lockers, places)
        (self.lockers, self.places, self.uuids) = (lockers, places, uuids)
    }

    /// Only what a reader that has seen everything from the beginning can't know by itself.
    init(destroyedBy events: [ReadEvent], on connection: PostgresConnection) async throws {
        var destroyed: [ReadEvent] = []
        for event in events {
            if event.facts.contains(where: { if case .destroyedSomewhere = $0 { true } else { false } }) {
                destroyed.append(
                    ReadEvent(position: event.position, transactionID: event.transactionID, facts: event.facts))
            }
        }
        try await self.init(of: EventBatch(events: destroyed), on: connection)
    }

    var reducer: OwnershipReducer { OwnershipReducer(lockers: lockers, places: places, uuids: uuids) }

    private static let waiting = """
        select exists (select from token_owners
            where owner_kind = 'limbo' and collection_uuid is not null and collection_uuid = any($1::bigint[]))
        """

    /// Whether tokens move along with a collection: one that is now elsewhere, or one whose account has become known while
    /// tokens lay in it.
    func isFollowed(by reducer: OwnershipReducer, on connection: PostgresConnection) async throws -> Bool {
        guard !reducer.placesFound.isEmpty else { return false }
        if reducer.placesFound.contains(where: { $0.before != nil }) { return true }
        let found = Set(reducer.placesFound.map(\.collection))
        if reducer.changes.contains(where: { $0.owner == .limbo && $0.collection.map(found.contains) == true }) {
            return true
        }
        return try await connection.query(Self.waiting, [.id64Array(Array(found))]).one()
    }
}

/// Lockers and places of collections, first seen or seen anew.
enum FoundCollections {
    static func write(
        _ lockers: [LockerFound], _ places: [PlaceFound], on connection: PostgresConnection
    ) async throws {
        if !lockers.isEmpty {
            try await connection.write(
                "lockers", columns: ["collection_uuid", "token_type", "holder", "found_height"],
                rows: lockers.map {
                    [.numeric($0.collection), .text($0.tokenType), .text($0.holder), .height($0.position.height)]
                })
        }
        if !places.isEmpty {
            try await connection.write(
                "collection_places",
                columns: ["collection_uuid", "found_height", "found_transaction_index", "account"],
                rows: places.map {
                    [
                        .numeric($0.collection), .height($0.position.height), .index($0.position.transactionIndex),
                        .text($0.account.hex),
                    ]
                })
        }
    }
}

/// What a writer knows of collections from batch to batch: nobody else writes while it has the lease. Given up where a
/// transaction failed, for what was learned in it may not be so.
final class CollectionCache: Sendable {
    private struct Known {
        var locker: String?
        var place: Address?
    }

    private let all = Mutex<[UInt64: Known]>([:])
    /// Some forty megabytes.
    private static let limit = 400_000

    /// What is known; what is not is left in `collections`.
    func known(among collections: inout Set<UInt64>) -> (lockers: [UInt64: String], places: [UInt64: Address]) {
        all.withLock { all in
            var lockers: [UInt64: String] = [:]
            var places: [UInt64: Address] = [:]
            for collection in collections {
                guard let known = all[collection] else { continue }
                lockers[collection] = known.locker
                places[collection] = known.place
                collections.remove(collection)
            }
            return (lockers, places)
        }
    }

    func learn(_ collections: Set<UInt64>, _ lockers: [UInt64: String], _ places: [UInt64: Address]) {
        all.withLock { all in
            if all.count + collections.count > Self.limit { all.removeAll() }
            for collection in collections {
                all[collection] = Known(locker: lockers[collection], place: places[collection])
            }
        }
    }

    /// What a batch has found is written, and will be so.
    func learn(_ lockers: [LockerFound], _ places: [PlaceFound]) {
        all.withLock { all in
            for locker in lockers { all[locker.collection, default: Known()].locker = locker.holder }
            for place in places { all[place.collection, default: Known()].place = place.account }
        }
    }

    func forget() { all.withLock { $0.removeAll() } }
}
