import Encoding
import FlowClient
package import Postgres

/// An event that can't be read, or from which nothing can be made that the tables take. Its bytes are among the events like
/// all others'; here is where it stands, and why nothing followed from it.
package struct PoisonEvent: Hashable, Sendable {
    package var position: EventPosition
    package var type: String
    package var error: String

    init(_ position: EventPosition, type: String, error: String) {
        (self.position, self.type, self.error) = (position, type, String(error.prefix(2_000)))
    }

    init(_ event: Event, at height: BlockHeight, error: String) {
        self.init(
            EventPosition(height: height, transactionIndex: event.transactionIndex, eventIndex: event.eventIndex),
            type: event.type, error: error)
    }

    /// The latest first, 1,000 at most.
    package static func all(on pool: PostgresPool) async throws -> [PoisonEvent] {
        try await pool.query(
            "select * from poison_events order by height desc, transaction_index desc, event_index desc limit 1000"
        ).map {
            PoisonEvent(
                EventPosition(
                    height: try $0.height("height"), transactionIndex: try $0.decode("transaction_index"),
                    eventIndex: try $0.decode("event_index")), type: try $0.decode("type"),
                error: try $0.decode("error"))
        }
    }

    static func write(_ all: [PoisonEvent], on connection: PostgresConnection) async throws {
        for poison in all {
            _ = try await connection.execute(
                Self.insert,
                [
                    .height(poison.position.height), .index(poison.position.transactionIndex),
                    .index(poison.position.eventIndex), .text(PlainText.storable(poison.type)),
                    .text(PlainText.storable(poison.error)),
                ])
        }
    }

    private static let insert = """
        insert into poison_events (height, transaction_index, event_index, type, error) values ($1, $2, $3, $4, $5)
        on conflict (height, transaction_index, event_index) do update set error = excluded.error
        """
}
