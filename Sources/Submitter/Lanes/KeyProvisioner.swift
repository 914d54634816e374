import Foundation

/// Adds proposal keys to the account, as an operation like any other: signed, recorded, sent, seen. When it is sealed the
/// submitter reads the account's keys and has the new lanes.
package struct KeyProvisioner: Sendable {
    package static let operationType = "add_proposal_keys"
    /// Not a brand's: the daemon's own operations.
    package static let tenant = "weir"
    /// One transaction adds 500 at 955 units of computation (recordings/computation.table.json).
    package static let largestCount = 500

    private let store: OperationStore

    package init(store: OperationStore) { self.store = store }

    /// `key` makes a repeated request one request. Throws `invalidOperation` where the count is not 1…500.
    package func add(_ count: Int, idempotencyKey key: String = UUID().uuidString) async throws -> EnqueueResult {
        guard (1...Self.largestCount).contains(count) else {
            throw SubmitterError(.invalidOperation, "1 to \(Self.largestCount) keys can be added at a time")
        }
        return try await store.enqueue(
            NewOperation(
                type: Self.operationType, tenant: Self.tenant, payload: #"{"count":\#(count)}"#, idempotencyKey: key,
                items: [NewItem(.addProposalKeys(count: count))]))
    }

    /// Sees to it that the account has so many lanes that are in use, besides revoked and quarantined ones.
    /// Nil where it has them.
    package func ensure(_ lanes: Int) async throws -> EnqueueResult? {
        let status = try await store.submitterStatus()
        let have = status.lanes.count { $0.state != .revoked && $0.state != .quarantined }
        guard have > 0, have < lanes else { return nil }
        let asked = status.queues.contains { $0.recipe == Recipe.addProposalKeys.rawValue }
        guard !asked else { return nil }
        return try await add(
            min(lanes - have, Self.largestCount), idempotencyKey: "lanes-\(lanes)-from-\(status.lanes.count)")
    }
}
