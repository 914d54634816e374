package import FlowClient
package import Postgres

/// Tables that follow from events, forward and back. Whoever writes one writes its undo: after `execute` of some blocks
/// and `unwind` to the height before them, the tables are as they were.
package protocol Projection: Sendable {
    /// Its row in `projections`.
    static var name: String { get }
    /// Raised when the tables would come out otherwise; they are built again then.
    static var version: Int32 { get }
    /// Those that it writes, and nobody else: they can be built anew beside the running ones.
    static var tables: [String] { get }

    /// Runs in the transaction that commits the blocks.
    func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws
    /// Undoes everything above the height.
    func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws
}

extension Projection {
    package var name: String { Self.name }
    package var version: Int32 { Self.version }
    package var tables: [String] { Self.tables }
}

/// The events of some blocks in order, with what several projections need of them worked out once.
package struct EventBatch: Sendable {
    package var events: [ReadEvent]
    /// What the writer remembers of collections; nil where every batch asks anew.
    let collections: CollectionCache?

    package init(events: [ReadEvent]) {
        self.init(events: events, collections: nil)
    }

    init(events: [ReadEvent], collections: CollectionCache?) {
        self.events = events
        self.collections = collections
    }

    var byTransaction: [[ReadEvent]] {
        var all: [[ReadEvent]] = []
        for event in events {
            if all.last?.last?.position.transaction == event.position.transaction {
                all[all.count - 1].append(event)
            } else {
                all.append([event])
            }
        }
        return all
    }
}

/// In the order in which they run: the spans look up tokens, and tokens need none.
package let allProjections: [any Projection] = [
    TokenProjection(), OwnershipProjection(), ListingProjection(), OperationEventProjection(), ClaimProjection(),
    VaultProjection(), AccountLinkProjection(), ContractChangeProjection(),
]
