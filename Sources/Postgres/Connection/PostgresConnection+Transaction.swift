/// How much of other transactions a transaction sees. Postgres manual, 13.2.
public enum PostgresIsolation: String, Sendable {
    case readCommitted = "read committed"
    /// One snapshot throughout; may fail with 40001 and be run again.
    case repeatableRead = "repeatable read"
    /// As if alone; may fail with 40001 and be run again.
    case serializable
}

extension PostgresConnection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or its task is cancelled in it.
    ///
    /// It is the `SessionScope`'s, where the task has one. COMMIT and ROLLBACK are carried through whatever the task's cancellation says. Where the connection is lost in
    /// COMMIT, the error's `isOutcomeUnknown` is true; where it is lost before, the whole may be run again.
    /// - Throws: what `body` throws; `transactionAborted` where it swallowed the error of a statement.
    @discardableResult
    public func withTransaction<R>(
        isolation: PostgresIsolation = .readCommitted, readOnly: Bool = false,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        // Nothing has been done where this fails, and nothing can have been committed.
        _ = try await control(
            "BEGIN ISOLATION LEVEL \(isolation.rawValue.uppercased())\(readOnly ? " READ ONLY" : "")", commits: false,
            cancellable: true)
        let result: R
        do {
            if let scope = SessionScope.current { try await scope.apply(to: self) }
            result = try await body(self)
        } catch {
            await rollBack()
            throw error
        }
        guard transaction != .failed else {
            await rollBack()
            throw PostgresError(
                .transactionAborted, "a statement failed, its error was swallowed, and there is nothing left to commit",
                doing: "committing")
        }
        guard transaction == .active else {
            throw PostgresError(
                isClosed ? .connectionLost : .transactionAborted, "the transaction was ended from inside of it",
                doing: "committing")
        }
        do {
            let answer = try await control("COMMIT", commits: true)
            // The server answers COMMIT with ROLLBACK where it had given up already.
            guard answer.rows.first?.result.commandTag == "COMMIT" else {
                throw PostgresError(.transactionAborted, "the server rolled back instead", doing: "committing")
            }
        } catch {
            // A deferred constraint that fails leaves no transaction behind; anything else that is open must not be reused.
            if transaction != .idle { close() }
            throw error
        }
        return result
    }

    /// Runs `body` in a savepoint of the open transaction: what it throws undoes only what it did.
    @discardableResult
    public func withSavepoint<R>(_ body: (PostgresConnection) async throws -> R) async throws -> R {
        try await query("SAVEPOINT weir")
        do {
            let result = try await body(self)
            try await query("RELEASE SAVEPOINT weir")
            return result
        } catch {
            do {
                _ = try await control("ROLLBACK TO SAVEPOINT weir", commits: false)
                _ = try await control("RELEASE SAVEPOINT weir", commits: false)
            } catch {
                close()  // unknown state
            }
            throw error
        }
    }

    /// A connection that cannot roll back is closed, and the server rolls back for it.
    private func rollBack() async {
        do {
            _ = try await control("ROLLBACK", commits: false)
        } catch {
            close()
        }
    }

    private func control(_ sql: String, commits: Bool, cancellable: Bool = false) async throws -> Answer {
        let key = StatementCache.Key(sql: sql, types: [])
        return try await perform(
            .pipeline([PreparedRequest(key: key, parameters: try EncodedParameters([]))]),
            cancellable: cancellable, commits: commits, doing: sql)
    }
}
