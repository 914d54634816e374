import Postgres

extension OperationStore {
    /// What keeps an operation's open items from going out. Empty where nothing does, or it is finished.
    package func holds(of id: OperationID) async throws -> [Hold] {
        try await pool.withConnection { connection in
            let holds = try await Hold.all(on: connection)
            guard !holds.isEmpty else { return [] }
            let recipes = try await connection.query(
                """
                select distinct recipe from operation_items
                where operation_id = $1 and state in ('waiting', 'queued', 'batched', 'in_doubt')
                """, [.text(id.rawValue)]
            ).compactMap { Recipe(rawValue: try $0.decode(String.self, "recipe")) }
            return holds.filter { hold in recipes.contains(where: hold.scope.covers) }
        }
    }
}
