import Cadence
import Postgres
import Submitter

extension Sweeper {
    /// What lies in the person's locker, as indexed.
    func locker(
        of holder: String, to address: Address, _ limit: Int, on connection: PostgresConnection
    ) async throws -> [NewItem] {
        let rows = try await connection.query(
            """
            select token_type like '%.NovaPass.NFT' as is_pass, uint64(token_id) as token_id from token_owners
            where owner_kind = 'locker' and owner = $1
                and (token_type like '%.NovaPass.NFT' or token_type like '%.NovaCollectible.NFT')
            order by token_type desc, token_id limit $2
            """, [.text(holder), .int8(Int64(limit))])
        return try rows.map { row in
            let id = try row.decode(UInt64.self, "token_id")
            return try row.decode(Bool.self, "is_pass")
                ? NewItem(.settlePass(id: id, holder: holder, to: address))
                : NewItem(.settleCollectible(id: id, holder: holder, to: address))
        }
    }
}
