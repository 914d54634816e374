import CLibPQ

/// How to reach a database and how to behave there.
public struct PostgresConfiguration: Sendable {
    /// libpq's own: `host=… dbname=…` or `postgresql://…`, and whatever it leaves out from PGHOST and its like.
    public var connectionString: String
    /// Shown in pg_stat_activity. What the connection string says comes first.
    public var applicationName: String
    /// The search_path: nothing falls through to public by accident. Nil leaves the server's own.
    public var schema: String?
    /// The most connections that a pool opens; callers beyond wait in the order they came.
    public var maximumConnections: Int
    /// From the first look-up of a name to a connection that can be used.
    public var connectTimeout: Duration
    /// How long a caller waits for a connection of a busy pool.
    public var acquireTimeout: Duration
    /// An idle connection is closed after this long.
    public var idleTimeout: Duration
    /// The server cancels a statement that runs for longer. Nil: it does not.
    public var statementTimeout: Duration?
    /// The server ends a session that sits in a transaction without doing anything. Nil: it does not.
    public var idleTransactionTimeout: Duration?
    /// A statement that waits for another session's lock for longer fails with 55P03. Nil: it waits.
    public var lockTimeout: Duration?
    /// Further settings of the session, by name: `enable_seqscan`.
    public var settings: [String: String] = [:]
    /// Prepared statements kept on each connection.
    public var statementCacheSize: Int

    public init(
        connectionString: String,
        applicationName: String = "weir",
        schema: String? = nil,
        maximumConnections: Int = 8,
        connectTimeout: Duration = .seconds(5),
        acquireTimeout: Duration = .seconds(30),
        idleTimeout: Duration = .seconds(120),
        statementTimeout: Duration? = nil,
        idleTransactionTimeout: Duration? = nil,
        lockTimeout: Duration? = nil,
        statementCacheSize: Int = 256
    ) {
        self.connectionString = connectionString
        self.applicationName = applicationName
        self.schema = schema
        self.maximumConnections = maximumConnections
        self.connectTimeout = connectTimeout
        self.acquireTimeout = acquireTimeout
        self.idleTimeout = idleTimeout
        self.statementTimeout = statementTimeout
        self.idleTransactionTimeout = idleTransactionTimeout
        self.lockTimeout = lockTimeout
        self.statementCacheSize = statementCacheSize
    }

    /// What is wrong with it, without connecting; nil when nothing is.
    public func problem() -> String? {
        if maximumConnections < 1 { return "maximumConnections is \(maximumConnections): at least 1 is needed" }
        do {
            _ = try parsed()
            return nil
        } catch {
            return error.message
        }
    }

    /// The connection string's own settings.
    func parsed() throws(PostgresError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(connectionString, &message) else {
            let text = message.map { String(cString: $0).trimmed } ?? "out of memory"
            PQfreemem(message)
            throw PostgresError(
                .configuration, "the connection string cannot be read: \(text)",
                remedy: "write it as `host=… dbname=…` or `postgresql://user@host/database`")
        }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return found
    }

    /// Keywords and values for PQconnectStartParams. Of a keyword given twice the last counts, so ours that only fill in
    /// stand before the connection string's, and ours that must hold stand after.
    func connectionParameters() throws(PostgresError) -> [(String, String)] {
        let theirs = try parsed()
        var all = [
            ("application_name", applicationName),
            // A peer that vanished is noticed in a minute, not in the kernel's two hours.
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            // What was sent and is not acknowledged, in milliseconds.
            ("tcp_user_timeout", "20000"),
        ]
        all += theirs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        all.append(("client_encoding", "UTF8"))
        let options = ([theirs["options"]] + sessionOptions.map(Optional.some)).compactMap { $0 }.joined(separator: " ")
        if !options.isEmpty { all.append(("options", options)) }
        return all
    }

    private var sessionOptions: [String] {
        var settings: [(String, String)] = []
        if let schema { settings.append(("search_path", quotedIdentifier(schema))) }
        // The server, too, notices a peer that vanished in mid-transaction, and lets go of its locks.
        settings += [
            ("tcp_keepalives_idle", "30"), ("tcp_keepalives_interval", "10"), ("tcp_keepalives_count", "3"),
        ]
        settings += self.settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if let lockTimeout { settings.append(("lock_timeout", "\(lockTimeout.milliseconds)")) }
        if let statementTimeout { settings.append(("statement_timeout", "\(statementTimeout.milliseconds)")) }
        if let idleTransactionTimeout {
            settings.append(("idle_in_transaction_session_timeout", "\(idleTransactionTimeout.milliseconds)"))
        }
        // Blanks and backslashes are escaped by a backslash: libpq's `options`.
        return settings.map { name, value in
            "-c \(name)=" + value.reduce(into: "") { $0 += $1 == " " || $1 == "\\" ? "\\\($1)" : "\($1)" }
        }
    }
}

/// A name as SQL takes it, whatever is in it.
public func quotedIdentifier(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
    var nanoseconds: Int { Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000) }
}

extension String {
    /// libpq ends its messages with newlines and breaks them with more.
    var trimmed: String {
        split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }.filter { !$0.isEmpty }.joined(
            separator: "; ")
    }
}
