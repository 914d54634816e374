import Daemon
import Postgres
import Schema

extension Weir {
    static let migrateCommand = Command(
        "migrate", summary: "bring the tables to this version, or say how they stand",
        discussion: """
            All tables lie in one schema (database.schema) that is made when it is missing; nothing else in the database is
            touched. Several processes may start this at once: one does the work, the others wait. A released migration is
            never edited: a difference between the tables and this version is said, and nothing is changed.
            """,
        options: [
            .flag("status", "list the migrations and change nothing"),
            .value("down-to", "VERSION", "take back everything after this version; refuses where that would lose data"),
        ],
        examples: [
            .init("weir migrate", "bring the tables to this version"),
            .init("weir migrate --status", "what has been applied and when"),
        ],
        usesConfiguration: true
    ) { context in
        // Only the database is needed: what a submitter must have is not asked for.
        let configuration = try context.loadConfiguration(also: [("roles", "serve")])
        let target = try context.option("down-to", as: .integer(0...100_000))
        // Others' migrations are waited for, and an index takes its time.
        try await withPool(of: configuration, isPatient: true, logger: logger(of: configuration)) { pool in
            let migrator = Schema.migrator
            if context.flag("status") {
                for status in try await migrator.status(on: pool) {
                    context.print("\(status.version)  \(status.name)  \(status.state)  \(status.appliedAt ?? "")")
                }
            } else if let target {
                let undone = try await migrator.rollback(on: pool, to: target)
                context.print(undone.isEmpty ? "nothing to take back" : "took back \(Self.names(undone))")
            } else {
                let done = try await migrator.migrate(on: pool)
                context.print(done.isEmpty ? "the tables are up to date" : "applied \(Self.names(done))")
            }
        }
    }

    private static func names(_ migrations: [Migration]) -> String {
        migrations.map { "\($0.version) \($0.name)" }.joined(separator: ", ")
    }

    /// The tables of this version, for a command that asks nothing but them (and, by the configuration, nodes): what a
    /// submitter must have is not asked for.
    static func withTables<R>(
        _ context: CommandContext, _ body: (PostgresPool, Configuration) async throws -> R
    ) async throws -> R {
        let configuration = try context.loadConfiguration(also: [("roles", "serve")])
        return try await withPool(of: configuration, logger: logger(of: configuration)) { pool in
            try await Schema.migrator.verify(on: pool)
            return try await body(pool, configuration)
        }
    }

    /// A pool for as long as the body runs. `isPatient`: no statement is too long.
    static func withPool<R>(
        of configuration: Configuration, isPatient: Bool = false, logger: Logger,
        _ body: (PostgresPool) async throws -> R
    ) async throws -> R {
        var database = databaseConfiguration(of: configuration)
        if isPatient { (database.statementTimeout, database.lockTimeout) = (nil, nil) }
        let pool = PostgresPool(database, logger: logger)
        defer { pool.close() }
        return try await body(pool)
    }

    static func databaseConfiguration(of configuration: Configuration) -> PostgresConfiguration {
        var database = PostgresConfiguration(
            connectionString: configuration[Settings.databaseURL],
            maximumConnections: configuration[Settings.databasePoolSize])
        database.schema = configuration[Settings.databaseSchema]
        // Nobody waits for ever, and nobody holds others up for ever: not even a process whose host has gone.
        database.statementTimeout = .seconds(120)
        database.lockTimeout = .seconds(15)
        database.idleTransactionTimeout = .seconds(30)
        // Every statement that is run often has an index of its own, whatever the statistics say at the moment: tables that
        // were small when they were looked at are not small now.
        database.settings = ["enable_seqscan": "off", "jit": "off"]
        return database
    }

    static func logger(of configuration: Configuration) -> Logger {
        Logger(
            sink: StandardErrorLogSink(format: configuration[Settings.logFormat]),
            level: configuration[Settings.logLevel])
    }
}
