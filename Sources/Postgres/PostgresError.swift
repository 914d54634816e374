/// What went wrong on the way to the database, in it, or on the way back.
///
/// `description` can be logged and shown: it holds no value that was sent or stored. `debugDescription` adds the server's
/// detail, which does ("Key (id)=(5) already exists").
public struct PostgresError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// Who failed, and at what.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String
        /// The server refused a statement; `sqlState` says why.
        public static let server = Code(description: "server")
        /// No connection could be made.
        public static let connectionFailed = Code(description: "connection failed")
        /// A connection was lost while it was in use.
        public static let connectionLost = Code(description: "connection lost")
        /// The connection or the pool was closed by its owner.
        public static let closed = Code(description: "closed")
        /// A statement took longer than it was given.
        public static let timedOut = Code(description: "timed out")
        /// All connections stayed busy for longer than the pool lets a caller wait.
        public static let poolExhausted = Code(description: "pool exhausted")
        /// A value cannot be sent: a zero byte in text, a number that its column cannot hold.
        public static let invalidValue = Code(description: "invalid value")
        /// A result does not hold what was asked of it: another type, a NULL, no such column, no row.
        public static let mismatch = Code(description: "mismatch")
        /// A transaction's body swallowed the error of a statement, so there is nothing left to commit.
        public static let transactionAborted = Code(description: "transaction aborted")
        /// The connection string or a setting beside it is wrong.
        public static let configuration = Code(description: "configuration")
        /// The schema in the database is not the one that this program knows.
        public static let schema = Code(description: "schema")
        /// A private server could not be started.
        public static let privateServer = Code(description: "private server")
    }

    public var code: Code
    /// The server's code, where the server spoke.
    public var sqlState: SQLState?
    /// ERROR, FATAL or PANIC, where the server spoke.
    public var severity: String?
    /// The server's primary message or ours, as it came: may quote a value. `description` shows it with values taken out.
    public var message: String
    /// What the reader can do about it.
    public var remedy: String?
    public var constraint: String?
    public var schema: String?
    public var table: String?
    public var column: String?
    /// What was being done, in words: "connecting to …", a statement's first words.
    public var doing: String?
    /// True when the connection was lost before the server said whether the work was committed.
    public var isOutcomeUnknown = false

    /// These quote stored values.
    var detail: String?
    var hint: String?
    var context: String?

    public init(_ code: Code, _ message: String, remedy: String? = nil, doing: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.doing = doing
    }

    /// The session may read only: `cannot execute UPDATE in a read-only transaction`, `cannot execute LISTEN during recovery`.
    var isReadOnlySession: Bool { sqlState == .readOnlyTransaction }

    /// Whether the whole transaction may be run again from its start and may then succeed. False where it may have been
    /// committed already.
    public var isRetryable: Bool { isTransient && !isOutcomeUnknown }

    /// Whether the cause passes by itself: a conflict with another transaction, a server that restarts, a lost connection.
    public var isTransient: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .poolExhausted:
            sqlState.map { !["28", "3D", "0A"].contains($0.classCode) } ?? true
        case .server:
            switch sqlState {
            // Of a session that became read-only: the next one may not be.
            case .readOnlyTransaction?, .serializationFailure?, .deadlockDetected?, .lockNotAvailable?,
                .tooManyConnections?,
                .cannotConnectNow?,
                .adminShutdown?:
                true
            case let state?: state.classCode == "08" || state.rawValue == "57P02"
            case nil: false
            }
        default: false
        }
    }

    public var description: String {
        var text = ""
        if let doing { text += "\(doing): " }
        text += shownMessage
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if isOutcomeUnknown { text += "; whether it was committed is not known" }
        if let remedy { text += "; \(remedy)" }
        return text
    }

    public var debugDescription: String {
        var text = "\(code): \(doing.map { "\($0): " } ?? "")\(message)"
        for (name, value) in [
            ("sqlstate", sqlState?.rawValue), ("severity", severity), ("detail", detail), ("hint", hint),
            ("context", context),
            ("constraint", constraint), ("table", table), ("column", column), ("remedy", remedy),
        ] {
            if let value { text += "\n  \(name): \(value)" }
        }
        return text
    }

    /// Data exceptions (class 22) quote the value that offended; no other class's primary message does.
    private var shownMessage: String {
        guard sqlState?.classCode == "22" else { return message }
        var shown = ""
        var quoted = false
        for character in message {
            if character == "\"" {
                quoted.toggle()
                shown += quoted ? "\"…" : "\""
            } else if !quoted {
                shown.append(character)
            }
        }
        return shown
    }
}

/// A family of SQLSTATEs, for `catch`: `catch PostgresError.integrityViolation` matches every 23xxx, and
/// `catch PostgresError.state(.uniqueViolation)` only 23505.
public struct PostgresErrorPattern: Sendable {
    let matches: @Sendable (PostgresError) -> Bool

    public static func ~= (pattern: PostgresErrorPattern, error: any Error) -> Bool {
        (error as? PostgresError).map(pattern.matches) ?? false
    }
}

extension PostgresError {
    public static func state(_ state: SQLState) -> PostgresErrorPattern {
        PostgresErrorPattern { $0.sqlState == state }
    }
    public static func stateClass(_ code: String) -> PostgresErrorPattern {
        PostgresErrorPattern { $0.sqlState?.classCode == code }
    }
    public static func constraint(_ name: String) -> PostgresErrorPattern {
        PostgresErrorPattern { $0.sqlState?.classCode == "23" && $0.constraint == name }
    }
    public static func code(_ code: Code) -> PostgresErrorPattern { PostgresErrorPattern { $0.code == code } }

    /// 22xxx: a value that its type or an operation does not take.
    public static let dataException = stateClass("22")
    /// 23xxx: unique, foreign key, check, not null, exclusion.
    public static let integrityViolation = stateClass("23")
    /// 40xxx: rolled back for another transaction's sake; run it again.
    public static let transactionRollback = stateClass("40")
    /// 42xxx: SQL that is wrong, or names what is not there.
    public static let syntaxOrAccess = stateClass("42")
    /// 53xxx: out of connections, memory or disk.
    public static let insufficientResources = stateClass("53")
    /// 57xxx: cancelled, or the server is shutting down.
    public static let operatorIntervention = stateClass("57")
    /// No connection, or no longer.
    public static let connectionProblem = PostgresErrorPattern {
        $0.code == .connectionFailed || $0.code == .connectionLost || $0.sqlState?.classCode == "08"
    }
}

public func ~= (state: SQLState, error: any Error) -> Bool { (error as? PostgresError)?.sqlState == state }
