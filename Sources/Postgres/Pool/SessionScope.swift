/// For whom a task's statements are: they run in transactions that have this role and these settings, and nothing of it is left behind.
public struct SessionScope: Sendable {
    public var role: String
    /// Such as `weir.tenant`.
    public var settings: [String: String]

    public init(role: String, settings: [String: String]) {
        (self.role, self.settings) = (role, settings)
    }

    /// Nil: as who is logged in.
    @TaskLocal public static var current: SessionScope?

    func apply(to connection: PostgresConnection) async throws {
        // The role last: it may not be allowed to change the settings.
        let all = settings.sorted { $0.key < $1.key } + [("role", role)]
        let calls = all.indices.map { "set_config($\(2 * $0 + 1), $\(2 * $0 + 2), true)" }
        try await connection.query(
            "select " + calls.joined(separator: ", "), all.flatMap { [.text($0.0), .text($0.1)] })
    }
}
