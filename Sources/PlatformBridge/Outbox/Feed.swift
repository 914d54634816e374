import Daemon
package import Encoding
package import FoundationEssentials
package import Postgres

/// A tenant's messages in an order that nothing is ever put into afterwards.
package struct Feed: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package struct Message: Sendable {
        /// Of nothing before it: where a reader goes on after it.
        package var place: Int64
        package var topic: String
        package var key: String
        package var body: JSON
        package var createdAt: Date
    }

    /// - Parameter after: the place of the last message read, 0 for none.
    package func read(tenant: String, after place: Int64, limit: Int) async throws -> [Message] {
        try await givePlaces()
        return try await pool.query(
            """
            select place, topic, key, body::text as body, created_at from outbox
            where tenant = $1 and place > $2 order by place limit $3
            """, [.text(tenant), .int8(place), .int8(Int64(limit))]
        ).map { row in
            Message(
                place: try row.decode(Int64.self, "place"), topic: try row.decode(String.self, "topic"),
                key: try row.decode(String.self, "key"),
                body: try row.json("body"),
                createdAt: try row.decode(Date.self, "created_at"))
        }
    }

    /// Where the feed ends just now.
    package func end(tenant: String) async throws -> Int64 {
        try await givePlaces()
        return try await pool.query(
            "select coalesce(max(place), 0) as place from outbox where tenant = $1 and place is not null",
            [.text(tenant)]
        ).one().decode(Int64.self, "place")
    }

    /// To messages whose transactions are over, by one at a time: what has a place can be seen before a later place is given.
    private func givePlaces() async throws {
        let isNeeded = try await pool.query("select exists (select from outbox where place is null) as needed").one()
        guard try isNeeded.decode(Bool.self, "needed") else { return }
        var given = Self.placesAtOnce
        while given == Self.placesAtOnce {
            given = try await pool.withTransaction { connection in
                _ = try await connection.query("select pg_advisory_xact_lock(hashtext('weir_outbox_places'))")
                return try await connection.execute(Self.givePlaces)
            }
        }
    }

    private static let placesAtOnce = 10_000
    private static let givePlaces = """
        with next as materialized (
            select id, nextval('outbox_places') as place
            from (select id from outbox where place is null order by id limit \(placesAtOnce)) as ordered
        )
        update outbox m set place = next.place from next where m.id = next.id
        """
}
