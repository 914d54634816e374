import Cadence
import Postgres
import Submitter

extension Sweeper {
    /// Of the platform's own storefront.
    func listings(_ limit: Int, for operation: Accepted, on connection: PostgresConnection) async throws -> [NewItem] {
        guard let account else {
            throw Refusal(
                reason:
                    "the process that sweeps does not know the platform's account: set account.address for the role bridge"
            )
        }
        let rows = try await connection.query(
            Self.pickListings, [.text(account.hex), .int8(Int64(limit)), .text(operation.id.rawValue)])
        return try rows.map { NewItem(.removeListing(id: try $0.decode(UInt64.self, "listing_id"))) }
    }

    /// Expired, sold (a sold listing takes up the storefront's storage), or a ghost: its token is tracked, and is not
    /// in the treasury any more. What was asked for within the last hour is left to that.
    private static let pickListings = """
        insert into listing_removals (listing_id, operation_id)
        select l.id, $3 from listings l
        left join token_owners s on s.token_type = l.token_type and s.token_id = int64(l.token_id)
        where l.storefront = $1 and l.removed_height is null
            and (l.to_height is not null or l.expires_at <= now()
                or s.owner_kind is distinct from 'treasury'
                    and exists (select from tokens t where t.token_type = l.token_type and t.token_id = l.token_id))
            and not exists (select from listing_removals r where r.listing_id = l.id and r.asked_at > now() - interval '1 hour')
        order by l.expires_at, l.id limit $2
        on conflict (listing_id) do update set operation_id = excluded.operation_id, asked_at = now()
        returning listing_id
        """
}
