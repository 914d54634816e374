package import FlowClient
import Postgres

/// The right to write the index. Whoever takes it raises the epoch, and every writing transaction names its epoch: what a
/// former writer sends fails, however late it comes.
package struct IngestLease: Hashable, Sendable {
    package var epoch: Int64
    /// Nil before the first block.
    package var cursor: BlockMark?
    package var start: BlockHeight

    private static let ensure = """
        insert into ingest_cursors (name, start_height) values ($1, $2)
        on conflict (name) do update set start_height = excluded.start_height where ingest_cursors.height is null
        """
    private static let take = """
        update ingest_cursors set epoch = epoch + 1, holder = $2, lease_until_at = now() + $3 * interval '1 millisecond'
        where name = $1 and stopped_by is null and (lease_until_at < now() or holder = $2)
        returning epoch, start_height, height, block_id
        """
    private static let extend = """
        update ingest_cursors set lease_until_at = now() + $3 * interval '1 millisecond' where name = $1 and epoch = $2
        """
    private static let release = """
        update ingest_cursors set lease_until_at = '-infinity' where name = $1 and epoch = $2
        """

    /// Nil while another process holds it, and while ingest has stopped for a person to look. `start` counts only where nothing has been indexed yet.
    static func take(
        _ name: String, holder: String, start: BlockHeight, duration: Duration, on connection: PostgresConnection
    ) async throws -> IngestLease? {
        _ = try await connection.execute(ensure, [.text(name), .height(start)])
        let rows = try await connection.query(
            take, [.text(name), .text(holder), .int8(duration.wholeMilliseconds)])
        guard let row = rows.first else { return nil }
        var cursor: BlockMark?
        if let height: Int64 = try row.decode("height") {
            cursor = BlockMark(height: BlockHeight(UInt64(height)), id: try row.blockID("block_id"))
        }
        return IngestLease(
            epoch: try row.decode("epoch"), cursor: cursor,
            start: BlockHeight(UInt64(try row.decode(Int64.self, "start_height"))))
    }

    /// - Throws: `fenced` where the lease is no longer ours.
    func extend(_ name: String, duration: Duration, on connection: PostgresConnection) async throws {
        let touched = try await connection.execute(
            Self.extend, [.text(name), .int8(epoch), .int8(duration.wholeMilliseconds)])
        if touched == 0 { throw IndexerError(.fenced, "another process has taken over from epoch \(epoch)") }
    }

    /// Locks the cursor's row for the rest of the transaction.
    /// - Throws: `fenced` where the lease is no longer ours.
    func check(_ name: String, on connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            "select epoch from ingest_cursors where name = $1 for update", [.text(name)])
        guard let row = rows.first, try row.decode(Int64.self, "epoch") == epoch else {
            throw IndexerError(.fenced, "another process has taken over from epoch \(epoch)")
        }
    }

    func release(_ name: String, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(Self.release, [.text(name), .int8(epoch)])
    }
}
