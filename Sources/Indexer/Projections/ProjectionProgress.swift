import FlowClient
import Postgres

/// How far each projection has got. With the blocks they are committed together; one that is new, behind, or of another
/// version is built anew beside the running tables, which answer as of where they stand until it is whole.
struct ProjectionProgress {
    /// Those that the writer knows and has written: another one, of a later program, is built when that comes.
    static let advance = "update projections set height = $1 where name = any($2)"
    static let rewind = "update projections set height = $1 where height > $1"

    private static let ensure = """
        insert into projections (name, version, height)
        select * from unnest($1::text[], $2::integer[], $3::bigint[]) on conflict do nothing
        """
    private static let known = "select name, version, height from projections"
    static let done = """
        insert into projections (name, version, height) select n, v, $3 from unnest($1::text[], $2::integer[]) as x (n, v)
        on conflict (name) do update set version = excluded.version, height = excluded.height
        """

    /// Those that the tables do not have as this program makes them. Where nothing is indexed there is nothing to build.
    static func stale(
        _ projections: [any Projection], lease: IngestLease, on connection: PostgresConnection
    ) async throws -> [any Projection] {
        guard let cursor = lease.cursor else {
            _ = try await connection.execute(
                ensure,
                [
                    .textArray(projections.map(\.name)), .int4Array(projections.map(\.version)),
                    .array(of: .int8, projections.map { _ in .null }),
                ])
            return []
        }
        var standing: [String: (version: Int32, height: BlockHeight?)] = [:]
        for row in try await connection.query(known) {
            standing[try row.decode("name")] = (try row.decode("version"), try row.optionalHeight("height"))
        }
        return projections.filter { projection in
            guard let (version, height) = standing[projection.name] else { return true }
            return version != projection.version || height.map { $0 < cursor.height } ?? true
        }
    }
}
