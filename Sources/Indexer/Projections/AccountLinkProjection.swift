import Cadence
package import FlowClient
package import Postgres

/// Child accounts that a parent may use, from when to when.
package struct AccountLinkProjection: Projection {
    package static let name = "account_links"
    package static let version: Int32 = 1
    package static let tables = ["account_links"]
    package init() {}

    private static let end = """
        update account_links set to_height = $3, to_transaction_index = $4
        where child = $1 and parent = $2 and to_height is null
        """
    private static let begin = """
        insert into account_links (child, parent, from_height, from_transaction_index)
        select $1, $2, $3, $4 where not exists (
            select from account_links where child = $1 and parent = $2 and to_height is null)
        on conflict (child, parent, from_height, from_transaction_index)
            do update set to_height = null, to_transaction_index = null
        """

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        for event in batch.events {
            for case .linked(let child, let parent, let isActive) in event.facts {
                _ = try await connection.execute(
                    isActive ? Self.begin : Self.end,
                    [
                        .text(child.hex), .text(parent.hex), .height(event.position.height),
                        .index(event.position.transactionIndex),
                    ])
            }
        }
    }

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from account_links where from_height > $1", [.height(height)])
        _ = try await connection.execute(
            "update account_links set to_height = null, to_transaction_index = null where to_height > $1",
            [.height(height)])
    }
}
