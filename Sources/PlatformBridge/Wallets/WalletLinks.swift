package import Cadence
import Encoding
package import FlowClient
package import FoundationEssentials
package import Postgres
import Signer
package import Submitter

/// Nonces that wallets sign, and whose wallet is whose.
package struct WalletLinks: Sendable {
    let pool: PostgresPool
    let operations: OperationStore

    package init(pool: PostgresPool, operations: OperationStore) {
        self.pool = pool
        self.operations = operations
    }

    package static let nonceLifetime: Duration = .seconds(300)

    package struct Link: Sendable {
        package var address: String
        package var person: String
        package var linkedAt: Date
        package var proofHeight: BlockHeight
    }

    /// 32 random bytes for one person to sign, once, within five minutes.
    package func issueNonce(to person: String, tenant: String) async throws -> (nonce: [UInt8], expiresAt: Date) {
        var random = SystemRandomNumberGenerator()
        let nonce = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        // Old ones are of no more use; a few go with each new one.
        try await pool.execute(
            """
            delete from wallet_nonces where (tenant, digest) in (
                select tenant, digest from wallet_nonces where expires_at < now() - interval '1 hour' limit 100)
            """)
        let expires = try await pool.query(
            """
            insert into wallet_nonces (tenant, digest, person, expires_at)
            values ($1, $2, $3, now() + make_interval(secs => $4)) returning expires_at
            """,
            [
                .text(tenant), .bytea(Self.digest(nonce)), .text(person),
                .float8(Double(Self.nonceLifetime.components.seconds)),
            ]
        ).one().decode(Date.self, "expires_at")
        return (nonce, expires)
    }

    /// Whose nonce it is, if it may still be used.
    package func person(of nonce: [UInt8], tenant: String) async throws -> Result<String, NonceRefusal> {
        let row = try await pool.query(
            """
            select person, used_at is not null as used, expires_at <= now() as expired
            from wallet_nonces where tenant = $1 and digest = $2
            """, [.text(tenant), .bytea(Self.digest(nonce))]
        ).first
        guard let row else { return .failure(.unknown) }
        if try row.decode(Bool.self, "used") { return .failure(.used) }
        if try row.decode(Bool.self, "expired") { return .failure(.expired) }
        return .success(try row.decode(String.self, "person"))
    }

    package enum NonceRefusal: String, Error, Sendable {
        case unknown = "the nonce is none of ours, or was given long ago"
        case used = "the nonce was used before"
        case expired = "the nonce has expired: ask for a new one"
    }

    /// A nonce that proved nothing is used up too. False where somebody else was faster.
    package func burn(_ nonce: [UInt8], tenant: String) async throws -> Bool {
        try await pool.withTransaction { try await burn(nonce, tenant: tenant, on: $0) }
    }

    private func burn(_ nonce: [UInt8], tenant: String, on connection: PostgresConnection) async throws -> Bool {
        try await !connection.query(
            """
            update wallet_nonces set used_at = now()
            where tenant = $1 and digest = $2 and used_at is null and expires_at > now() returning person
            """, [.text(tenant), .bytea(Self.digest(nonce))]
        ).isEmpty
    }

    /// Uses up the nonce, stores the link, asks for the locker's content to be moved there, and tells the platform: all or
    /// nothing. False where the nonce was used meanwhile.
    package func link(
        _ address: Address, to person: String, provenAt height: BlockHeight, by nonce: [UInt8], tenant: String,
        actor: String
    ) async throws -> Bool {
        try await pool.withTransaction { connection in
            guard try await burn(nonce, tenant: tenant, on: connection) else { return false }
            let before = try await connection.query(
                "select person from wallet_links where tenant = $1 and address = $2 for update",
                [.text(tenant), .text(address.hex)]
            ).first?.decode(String.self, "person")
            try await connection.execute(
                """
                insert into wallet_links (tenant, address, person, proof_height) values ($1, $2, $3, $4)
                on conflict (tenant, address) do update set person = excluded.person, linked_at = now(),
                    proof_height = excluded.proof_height
                """, [.text(tenant), .text(address.hex), .text(person), .int8(Int64(clamping: height.rawValue))])
            let alias = try await AuditLog.alias(of: person, tenant: tenant, on: connection)
            let aliasBefore: String? =
                if let before { try await AuditLog.alias(of: before, tenant: tenant, on: connection) } else { nil }
            try await AuditLog.add(
                tenant: tenant, actor: actor, action: "wallet.linked", subject: "wallet 0x\(address.hex)",
                before: aliasBefore.map { ["person": JSON($0)] } ?? .null,
                after: ["person": JSON(alias), "proof_height": JSON(height.rawValue)], on: connection)
            // One for each time that it is linked: what came into the locker meanwhile goes too.
            _ = try await operations.enqueue(
                [
                    NewOperation(
                        type: OperationType.settleLinkedWallet.rawValue, tenant: tenant,
                        payload: JSON.object([
                            .init("address", JSON("0x" + address.hex)), .init("holder", JSON(person)),
                        ]).text, idempotencyKey: "wallet:\(Hex.encode(Self.digest(nonce)))", items: nil)
                ], on: connection)
            try await connection.execute(
                """
                insert into outbox (tenant, topic, key, body)
                values ($1, 'wallet.linked', $2, jsonb_build_object('address', '0x' || $3::text, 'person', $2::text))
                """, [.text(tenant), .text(person), .text(address.hex)])
            return true
        }
    }

    package func link(_ address: Address, tenant: String) async throws -> Link? {
        try await pool.query(
            Self.select + " where tenant = $1 and address = $2", [.text(tenant), .text(address.hex)]
        ).first.map(Self.link)
    }

    package func links(of person: String, tenant: String) async throws -> [Link] {
        try await pool.query(
            Self.select + " where tenant = $1 and person = $2 order by linked_at, address",
            [.text(tenant), .text(person)]
        ).map(Self.link)
    }

    /// False where it was not linked.
    package func unlink(_ address: Address, tenant: String, actor: String) async throws -> Bool {
        try await pool.withTransaction { connection in
            let person = try await connection.query(
                "delete from wallet_links where tenant = $1 and address = $2 returning person",
                [.text(tenant), .text(address.hex)]
            ).first?.decode(String.self, "person")
            guard let person else { return false }
            let alias = try await AuditLog.alias(of: person, tenant: tenant, on: connection)
            try await AuditLog.add(
                tenant: tenant, actor: actor, action: "wallet.unlinked", subject: "wallet 0x\(address.hex)",
                before: ["person": JSON(alias)], on: connection)
            return true
        }
    }

    /// Forgets a person: links, nonces, reminders, and who they are in the audit, whose chain stays whole. What they own on
    /// chain, and the operations that gave it, stay. How many links there were.
    package func erase(_ person: String, tenant: String, actor: String) async throws -> Int {
        try await pool.withTransaction { connection in
            let links = try await connection.query(
                "delete from wallet_links where tenant = $1 and person = $2 returning address",
                [.text(tenant), .text(person)]
            ).count
            for table in ["wallet_nonces", "claimants"] {
                try await connection.execute(
                    "delete from \(table) where tenant = $1 and person = $2", [.text(tenant), .text(person)])
            }
            let alias = try await connection.query(
                "delete from audit_subjects where tenant = $1 and person = $2 returning alias",
                [.text(tenant), .text(person)]
            ).first?.decode(String.self, "alias")
            try await AuditLog.add(
                tenant: tenant, actor: actor, action: "person.erased", subject: alias ?? "somebody unknown here",
                before: ["links": JSON(links)], on: connection)
            return links
        }
    }

    private static func link(_ row: PostgresRow) throws -> Link {
        Link(
            address: try row.decode(String.self, "address"), person: try row.decode(String.self, "person"),
            linkedAt: try row.decode(Date.self, "linked_at"),
            proofHeight: BlockHeight(UInt64(try row.decode(Int64.self, "proof_height"))))
    }

    private static let select = "select address, person, linked_at, proof_height from wallet_links"

    private static func digest(_ nonce: [UInt8]) -> [UInt8] { Digest.sha2_256(nonce).bytes }
}
