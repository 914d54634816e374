import Cadence
package import FlowClient
package import Postgres

/// What is in each vault that lies in an account, from when to when: one balance a vault and transaction.
///
/// The chain tells the balance after each move; it is compared with what follows from the amounts. Where the two differ an
/// event is missing, and the span says so.
package struct VaultProjection: Projection {
    package static let name = "vaults"
    package static let version: Int32 = 1
    package static let tables = ["vault_spans"]
    package init() {}

    private struct Balance {
        var type: String
        var account: String
        var scaled: UInt64
    }

    private struct Change {
        var vault: UInt64
        /// Nil: it is burned.
        var balance: Balance?
        var disagrees: Bool
        var at: TransactionPlace
    }

    private static let open = """
        select vault_uuid, token_type, account, (balance * 100000000)::numeric(20, 0) as scaled from vault_spans
        where vault_uuid = any($1::numeric[]) and to_height is null
        """
    private static let end = """
        update vault_spans s set to_height = ended.height, to_transaction_index = ended.index
        from unnest($1::numeric[], $2::bigint[], $3::integer[]) as ended (vault, height, index)
        where s.vault_uuid = ended.vault and s.to_height is null
        """
    private static let columns = [
        "vault_uuid", "token_type", "account", "balance", "disagrees", "from_height", "from_transaction_index",
        "to_height", "to_transaction_index",
    ]

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        var vaults: Set<UInt64> = []
        for event in batch.events {
            for fact in event.facts {
                switch fact {
                case .vaultMoved(let move): vaults.insert(move.vault)
                case .vaultBurned(let vault, _): vaults.insert(vault)
                default: break
                }
            }
        }
        guard !vaults.isEmpty else { return }
        var balances: [UInt64: Balance] = [:]
        for row in try await connection.query(Self.open, [.numericArray(Array(vaults))]) {
            balances[try row.decode(at: 0)] = Balance(
                type: try row.decode(at: 1), account: try row.decode(at: 2), scaled: try row.decode(at: 3))
        }
        let isOpen = Set(balances.keys)
        try await write(changes(of: batch, &balances), isOpen: isOpen, on: connection)
    }

    /// One a vault and transaction, in order.
    private func changes(of batch: EventBatch, _ balances: inout [UInt64: Balance]) -> [Change] {
        var changes: [Change] = []
        var here: [UInt64: Int] = [:]
        var transaction: TransactionPlace?
        func change(_ vault: UInt64, _ balance: Balance?, disagrees: Bool, at place: TransactionPlace) {
            let change = Change(vault: vault, balance: balance, disagrees: disagrees, at: place)
            if let at = here[vault] {
                changes[at] = change
            } else {
                here[vault] = changes.count
                changes.append(change)
            }
        }
        for event in batch.events {
            let place = event.position.transaction
            if transaction != place { (transaction, here) = (place, [:]) }
            for fact in event.facts {
                switch fact {
                case .vaultMoved(let move):
                    let before = balances[move.vault]
                    // In no account, and never seen in one: nobody's yet.
                    guard let account = move.account?.hex ?? before?.account else { continue }
                    let expected = before.map {
                        move.isDeposit
                            ? $0.scaled.addingReportingOverflow(move.amount)
                            : $0.scaled.subtractingReportingOverflow(move.amount)
                    }
                    let fits = expected.map { !$0.overflow && $0.partialValue == move.balanceAfter } ?? true
                    let balance = Balance(type: move.type, account: account, scaled: move.balanceAfter)
                    balances[move.vault] = balance
                    change(move.vault, balance, disagrees: !fits, at: place)
                case .vaultBurned(let vault, _):
                    guard balances.removeValue(forKey: vault) != nil else { continue }
                    change(vault, nil, disagrees: false, at: place)
                default: break
                }
            }
        }
        return changes
    }

    private func write(
        _ changes: [Change], isOpen: Set<UInt64>, on connection: PostgresConnection
    ) async throws {
        var last: [UInt64: Int] = [:]
        var ends: [TransactionPlace?] = Array(repeating: nil, count: changes.count)
        var first: [Change] = []
        for (place, change) in changes.enumerated() {
            if let before = last.updateValue(place, forKey: change.vault) {
                ends[before] = change.at
            } else if isOpen.contains(change.vault) {
                first.append(change)
            }
        }
        if !first.isEmpty {
            _ = try await connection.execute(
                Self.end,
                [
                    .numericArray(first.map(\.vault)), .int8Array(first.map { Int64($0.at.height.rawValue) }),
                    .int4Array(first.map { Int32(bitPattern: $0.at.index) }),
                ])
        }
        let rows = zip(changes, ends).compactMap { change, end -> [PostgresValue]? in
            guard let balance = change.balance else { return nil }
            return [
                .numeric(change.vault), .text(balance.type), .text(balance.account),
                .decimal(UFix64(rawValue: balance.scaled).description), .bool(change.disagrees),
                .height(change.at.height),
                .index(change.at.index), .optional(end?.height, PostgresValue.height),
                .optional(end?.index, PostgresValue.index),
            ]
        }
        if !rows.isEmpty { try await connection.write("vault_spans", columns: Self.columns, rows: rows) }
    }

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from vault_spans where from_height > $1", [.height(height)])
        _ = try await connection.execute(
            "update vault_spans set to_height = null, to_transaction_index = null where to_height > $1",
            [.height(height)])
    }
}
