package import FlowClient
package import FoundationEssentials
package import Postgres

/// How far the index is, as any process can see it: the cursor beside a sealed head that was observed apart from it.
package struct SyncStatus: Sendable {
    /// The first height of the index; nil before any process has ever indexed.
    package var start: BlockHeight?
    /// The last height committed, nil before the first.
    package var height: BlockHeight?
    package var blockID: BlockID?
    package var producedAt: Date?
    package var committedAt: Date?
    /// The sealed head when it was last looked at.
    package var sealedHeight: BlockHeight?
    package var sealedSeenAt: Date?
    /// Since when the sealed head has been below what is indexed.
    package var sealedBelowSince: Date?
    /// The database's clock when this was read: what the ages below are measured with.
    package var readAt: Date
    package var epoch: Int64
    /// Who writes, and whether it is still heard of.
    package var holder: String?
    package var isHeld: Bool
    /// What keeps ingest from going on: an interruption that ends by itself, unless `isStopped`.
    package var error: String?
    /// Ingest has stopped, and waits for a person.
    package var isStopped = false
    package var errorAt: Date?
    /// Events of tracked contracts from which nothing followed: they can't be read, or the tables don't take what they say.
    package var poisonEvents = 0
    /// Tokens about which the chain says something else.
    package var openDrifts = 0
    /// Why a person lets ingest rest; nil where nobody does.
    package var paused: String?

    /// Sealed blocks that are not in the index. Nil while no head has been seen.
    package var lagHeights: UInt64? {
        guard let sealedHeight else { return nil }
        guard let height else { return sealedHeight.rawValue - min(sealedHeight, start ?? 0).rawValue + 1 }
        return sealedHeight > height ? sealedHeight.rawValue - height.rawValue : 0
    }

    /// Age of the last indexed block while behind, 0 when not.
    package var lagSeconds: Double? {
        guard let lagHeights else { return nil }
        return lagHeights == 0 ? 0 : producedAt.map { max(0, readAt.timeIntervalSince($0)) }
    }

    /// Of the last indexed block, by its own time.
    package var blockAge: TimeInterval? { producedAt.map { max(0, readAt.timeIntervalSince($0)) } }

    /// Whether answers may be called current: a writer is heard of, the head was looked at a short while ago, nothing has
    /// stopped, and the index is at most `lag` blocks behind it. With `blockAge`, where blocks never cease to come, also by
    /// the last block's own time: a head that stands still is no news, however often it is looked at.
    package func isCurrent(lag: UInt64, tipAge: TimeInterval = 30, blockAge: TimeInterval? = nil) -> Bool {
        guard error == nil, isHeld, !isAhead, let behind = lagHeights, height != nil, let sealedSeenAt else {
            return false
        }
        if let blockAge, let age = self.blockAge, age > blockAge { return false }
        return behind <= lag && readAt.timeIntervalSince(sealedSeenAt) <= tipAge
    }

    /// The sealed head has been below what is indexed for longer than nodes differ: the chain may have been rolled back.
    package var isAhead: Bool {
        sealedBelowSince.map { readAt.timeIntervalSince($0) > Self.toleratedSeconds } ?? false
    }

    /// Nodes behind one name stand some blocks apart.
    package static let toleratedSeconds = 5.0

    private static let query = """
        select start_height, height, block_id, block_produced_at, committed_at, sealed_height, sealed_seen_at, now() as read_at,
            epoch, holder, lease_until_at >= now() as is_held, error, error_at, sealed_below_since_at,
            stopped_by is not null as is_stopped, (select count(*) from poison_events) as poison_events,
            (select count(*) from drifts where state = 'open') as open_drifts,
            (select reason from paused_parts where part = 'ingest') as paused
        from ingest_cursors where name = $1
        """

    package static func read(from pool: PostgresPool) async throws -> SyncStatus {
        let rows = try await pool.query(query, [.text(BatchWriter.cursorName)])
        guard let row = rows.first else { return SyncStatus(readAt: Date(), epoch: 0, isHeld: false) }
        return SyncStatus(
            start: try row.height("start_height"), height: try row.optionalHeight("height"),
            blockID: try row.decode([UInt8]?.self, "block_id").flatMap { BlockID(bytes: $0) },
            producedAt: try row.decode("block_produced_at"), committedAt: try row.decode("committed_at"),
            sealedHeight: try row.optionalHeight("sealed_height"), sealedSeenAt: try row.decode("sealed_seen_at"),
            sealedBelowSince: try row.decode("sealed_below_since_at"),
            readAt: try row.decode("read_at"), epoch: try row.decode("epoch"), holder: try row.decode("holder"),
            isHeld: try row.decode("is_held"), error: try row.decode("error"), isStopped: try row.decode("is_stopped"),
            errorAt: try row.decode("error_at"), poisonEvents: try row.decode("poison_events"),
            openDrifts: try row.decode("open_drifts"),
            paused: try row.decode("paused"))
    }
}
