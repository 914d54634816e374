import Encoding
import FoundationEssentials
import Postgres

extension SubmissionStore {
    func holds() async throws -> [Hold] { try await pool.withConnection { try await holds(on: $0) } }

    func holds(on connection: PostgresConnection) async throws -> [Hold] {
        try await Hold.all(on: connection)
    }

    /// Begins a hold, or says that its cause is still there. Where a probe found that, the next one is further away; what had
    /// been sent before the hold began is no probe. True where it is new.
    @discardableResult
    func hold(
        _ scope: Hold.Scope, because reason: String, remedy: String, firstPause: Duration,
        on connection: PostgresConnection
    ) async throws -> Bool {
        let before = try await connection.query(
            "select probes + 1 as probes from holds where scope = $1 for update", [.text(scope.name)]
        ).first
        let probes = try before.map { try $0.decode(Int.self, "probes") } ?? 0
        let pause = ProbePause.after(probes: probes, first: firstPause)
        _ = try await connection.execute(
            Self.upsert,
            [
                .text(scope.name), .text(PlainText.storable(reason)), .text(PlainText.storable(remedy)),
                .int8(pause.milliseconds),
            ])
        return before == nil
    }

    /// A probe goes out: the next one must wait, should nothing more be heard of this one.
    func probe(_ scopes: [Hold.Scope], pause: Duration, on connection: PostgresConnection) async throws {
        for scope in scopes {
            let row = try await connection.query(
                "select probes from holds where scope = $1 for update", [.text(scope.name)]
            ).first
            guard let probes = try row?.decode(Int.self, "probes") else { continue }
            _ = try await connection.execute(
                Self.postpone,
                [.text(scope.name), .int8(ProbePause.after(probes: probes, first: pause).milliseconds)])
        }
    }

    /// Ends holds. Returns those that were there.
    func lift(_ scopes: [Hold.Scope], on connection: PostgresConnection) async throws -> [String] {
        try await connection.query(
            "delete from holds where scope = any($1) returning scope", [.textArray(scopes.map(\.name))]
        ).map { try $0.decode(String.self, "scope") }
    }

    /// Whether a transaction of the recipe may be signed now; where a hold is due, as its probe.
    func takePass(_ recipe: Recipe, pause: Duration, epoch: Int64) async throws -> Bool {
        try await owned(epoch) { connection in
            let gate = HoldGate(try await holds(on: connection))
            guard !gate.isShut(recipe) else { return false }
            try await probe(gate.scopes(holding: recipe), pause: pause, on: connection)
            return true
        }
    }

    /// What the account looked like when the hold was last thought of; `isBetter`: the next probe need not wait.
    func witness(_ scope: Hold.Scope, _ witness: String, isBetter: Bool) async throws {
        _ = try await pool.execute(Self.see, [.text(scope.name), .text(witness), .bool(isBetter)])
    }

    /// Something keeps this one attempt from going on. True the first time.
    func note(trouble: String, of attempt: Int64) async throws -> Bool {
        try await pool.query(Self.noteTrouble, [.int8(attempt), .text(PlainText.storable(trouble))]).first?
            .decode(Int.self, "trouble_count") == 1
    }

    func clearTrouble(of attempt: Int64) async throws {
        _ = try await pool.execute(
            "update attempts set trouble = null, trouble_since_at = null, trouble_count = 0 where id = $1",
            [.int8(attempt)])
    }

    private static let upsert = """
        insert into holds (scope, reason, remedy, probe_at)
        values ($1, $2, $3, now() + $4 * interval '1 millisecond')
        on conflict (scope) do update set reason = excluded.reason, remedy = excluded.remedy, is_probing = false,
            probe_at = case when holds.is_probing then excluded.probe_at else holds.probe_at end,
            probes = case when holds.is_probing then holds.probes + 1 else holds.probes end
        """

    private static let postpone = """
        update holds set is_probing = true, probe_at = now() + $2 * interval '1 millisecond' where scope = $1
        """

    private static let see = """
        update holds set witness = $2, probe_at = case when $3 then least(probe_at, now()) else probe_at end where scope = $1
        """

    private static let noteTrouble = """
        update attempts set trouble = $2, trouble_since_at = coalesce(trouble_since_at, now()), trouble_count = trouble_count + 1
        where id = $1 returning trouble_count
        """
}

extension Hold {
    /// The oldest first.
    static func all(on connection: PostgresConnection) async throws -> [Hold] {
        try await connection.query(select).compactMap(Hold.init)
    }

    private static let select = """
        select scope, reason, remedy, since_at, probe_at, probes, witness, probe_at <= now() as is_due from holds
        order by since_at, scope
        """

    private init?(_ row: PostgresRow) throws {
        guard let scope = Scope(name: try row.decode(String.self, "scope")) else { return nil }
        self.init(
            scope: scope, reason: try row.decode(String.self, "reason"), remedy: try row.decode(String.self, "remedy"),
            since: try row.decode(Date.self, "since_at"), until: try row.decode(Date.self, "probe_at"),
            probes: try row.decode(Int.self, "probes"), isDue: try row.decode(Bool.self, "is_due"),
            witness: try row.decode(String?.self, "witness"))
    }
}
