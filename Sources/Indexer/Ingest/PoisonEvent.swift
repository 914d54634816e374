import Encoding
import FlowClient
import Postgres

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
