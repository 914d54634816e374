import Postgres

/// Which server the tables are on. A restore or a standby that took over is another timeline or another system, and may have
/// lost the last commits. (Two servers of one pg_dump differ in their identifier.)
extension SubmissionStore {
    /// Whether the tables remember another server than the one that answers, or none. False where the role may not ask:
    /// everybody may by default.
    func isNewServer() async throws -> Bool {
        do {
            return try await pool.query(Self.differs).one(Bool.self)
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            return false
        }
    }

    func isFirstServer() async throws -> Bool {
        try await pool.query("select not exists (select from server_identity) and not exists (select from attempts)")
            .one(Bool.self)
    }

    func rememberServer() async throws { _ = try await pool.execute(Self.remember, []) }

    /// The control file has the timeline of the last checkpoint, which a new primary makes soon after its promotion; the
    /// name of the write-ahead log has the present one.
    private static let identity = """
        select (select system_identifier::text from pg_control_system()) as system_identifier,
            substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline
        """

    private static let differs = """
        select not exists (select from server_identity s join (\(identity)) as i
            on s.system_identifier = i.system_identifier and s.timeline = i.timeline)
        """

    private static let remember = """
        insert into server_identity (system_identifier, timeline) \(identity)
        on conflict (one) do update set system_identifier = excluded.system_identifier, timeline = excluded.timeline
        """
}
