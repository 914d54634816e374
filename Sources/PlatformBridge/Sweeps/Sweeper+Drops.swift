import Cadence
import Postgres
import Submitter

extension Sweeper {
    func drops(
        _ kind: Sweep.DropKind, _ limit: Int, for operation: Accepted, on connection: PostgresConnection
    ) async throws -> [NewItem] {
        try await connection.query(
            Self.pickDrops,
            [.text(operation.tenant), .text(kind.rawValue), .int8(Int64(limit)), .text(operation.id.rawValue)]
        ).map { try Self.item(kind, $0) }
    }

    /// The next recipients of a campaign; none where it is not running just now.
    func wave(
        of name: String, _ kind: Sweep.DropKind, _ limit: Int, for operation: Accepted,
        on connection: PostgresConnection
    ) async throws -> [NewItem] {
        // Shared: it is not paused while its recipients are picked.
        guard
            let campaign = try await connection.query(
                CampaignStore.select + " where tenant = $1 and name = $2 for share",
                [.text(operation.tenant), .text(name)]
            ).first.map(Campaign.init)
        else { throw Refusal(reason: "there is no campaign \(name)") }
        guard campaign.kind == kind else {
            throw Refusal(
                reason:
                    "campaign \(name) is of a \(campaign.kind.rawValue): \(campaign.operationType.rawValue) sends it")
        }
        guard campaign.state == .running else { return [] }
        let rows = try await connection.query(
            Self.pickWave,
            [.text(operation.tenant), .text(name), .int8(Int64(limit)), .text(operation.id.rawValue)])
        if !rows.isEmpty {
            _ = try await connection.execute(
                Self.rememberWave, [.int8(campaign.id), .text(operation.id.rawValue)])
        }
        return try rows.map { row in
            // Whoever is left out when not ready is not sent to a locker by the contract either.
            let isSkipped = campaign.fallback == .skip
            return try Self.item(kind, row, keepsHolder: !isSkipped)
        }
    }

    private static func item(_ kind: Sweep.DropKind, _ row: PostgresRow, keepsHolder: Bool = true) throws -> NewItem {
        let subject = try row.decode(String.self, "subject_id")
        let drop = try row.decode(String.self, "drop_id")
        let address = try row.decode(String?.self, "address").flatMap { Address($0) }
        let holder = try row.decode(String?.self, "holder").flatMap { keepsHolder || address == nil ? $0 : nil }
        return switch kind {
        case .pass: NewItem(.airdropPass(releaseID: subject, dropID: drop, recipient: address, holder: holder))
        case .collectible:
            NewItem(.dropCollectible(collectibleID: subject, dropID: drop, recipient: address, holder: holder))
        }
    }

    private static let pickDrops = pick(
        "select tenant, drop_id, drop_at as place from drop_rows where tenant = $1 and kind = $2 and operation_id is null "
            + "and campaign is null and drop_at <= now() order by drop_at, drop_id limit $3 for update skip locked")

    private static let pickWave = pick(
        "select tenant, drop_id, drop_id as place from drop_rows where tenant = $1 and campaign = $2 and operation_id is null "
            + "and (readiness is null or readiness <> 'skip') order by drop_id limit $3 for update skip locked")

    private static func pick(_ due: String) -> String {
        """
        with due as (
            select tenant, drop_id, row_number() over (order by place, drop_id) - 1 as ordinal from (\(due)) as locked
        ), picked as (
            update drop_rows r set operation_id = $4, ordinal = due.ordinal from due
            where r.tenant = due.tenant and r.drop_id = due.drop_id
            returning r.drop_id, r.subject_id, r.address, r.holder, r.ordinal
        )
        select * from picked order by ordinal
        """
    }

    private static let rememberWave = """
        insert into campaign_waves (campaign_id, operation_id) values ($1, $2) on conflict do nothing
        """
}
