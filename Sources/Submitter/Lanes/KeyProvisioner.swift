import FoundationEssentials

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

    /// What was found when lanes were counted.
    package enum Finding: Hashable, Sendable {
        case enough
        /// The submitter has not read the account's keys yet.
        case notRead
        case asked(OperationID, count: Int)
        /// Asked for before, here or by another process, and not there yet.
        case underWay
        case failed(OperationID)
    }

    /// Sees to it that the account has so many lanes that are in use, besides revoked and quarantined ones. The request's
    /// idempotency key is made of what was counted: however many processes count at once, they ask once.
    package func ensure(_ lanes: Int) async throws -> Finding {
        let all = try await store.lanes()
        let have = all.count { $0.state != .revoked && $0.state != .quarantined }
        guard have > 0 else { return .notRead }
        guard have < lanes else { return .enough }
        guard try await !store.hasOpenItems(of: .addProposalKeys) else { return .underWay }
        let count = min(lanes - have, Self.largestCount)
        switch try await add(count, idempotencyKey: "lanes-\(lanes)-from-\(all.count)") {
        case .created(let id): return .asked(id, count: count)
        case .existing(let id):
            return try await store.status(id)?.outcome == .failed ? .failed(id) : .underWay
        }
    }
}
