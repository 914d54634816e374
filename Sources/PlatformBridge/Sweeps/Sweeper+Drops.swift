import Cadence
import Postgres
import Submitter

extension Sweeper {
    func drops(
        _ kind: Sweep.DropKind, _ limit: Int, for operation: Accepted, on connection: PostgresConnection
    ) async throws -> [NewItem] {
        let rows = try await connection.query(
            Self.pickDrops,
            [.text(operation.tenant), .text(kind.rawValue), .int8(Int64(limit)), .text(operation.id.rawValue)])
        return try rows.map { row in
            let subject = try row.decode(String.self, "subject_id")
            let drop = try row.decode(String.self, "drop_id")
            let address = try row.decode(String?.self, "address").flatMap { Address($0) }
            let holder = try row.decode(String?.self, "holder")
            return switch kind {
            case .pass:
                NewItem(.airdropPass(releaseID: subject, dropID: drop, recipient: address, holder: holder))
            case .collectible:
                NewItem(.dropCollectible(collectibleID: subject, dropID: drop, recipient: address, holder: holder))
            }
        }
    }

    private static let pickDrops = """
        with due as (
            select tenant, drop_id, row_number() over (order by drop_at, drop_id) - 1 as ordinal
            from (select tenant, drop_id, drop_at from drop_rows
                  where tenant = $1 and kind = $2 and operation_id is null and drop_at <= now()
                  order by drop_at, drop_id limit $3 for update skip locked) as locked
        ), picked as (
            update drop_rows r set operation_id = $4, ordinal = due.ordinal from due
            where r.tenant = due.tenant and r.drop_id = due.drop_id
            returning r.drop_id, r.subject_id, r.address, r.holder, r.ordinal
        )
        select * from picked order by ordinal
        """
}
