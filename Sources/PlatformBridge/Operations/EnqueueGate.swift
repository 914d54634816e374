import Daemon
import Postgres
package import Submitter

/// Takes in what comes at the same time in one transaction: one commit, and one fsync of the disk, for all of them.
package struct EnqueueGate: Sendable {
    package typealias Accepted = (result: EnqueueResult, status: OperationStatus)

    private let operations: OperationStore
    private let together = GroupCommit<NewOperation, Accepted>()

    package init(operations: OperationStore) { self.operations = operations }

    /// When this returns, the operation is committed. Throws as `OperationStore.enqueue` does.
    package func enqueue(_ operation: NewOperation) async throws -> Accepted {
        // Several tenants' in one transaction, which is none of theirs; each row says whose it is.
        try await together.run(operation) { all in
            await SessionScope.$current.withValue(nil) { await take(all) }
        }
    }

    /// In their order. Where the database takes none of them for what one has wrong, they are taken one by one.
    private func take(_ all: [NewOperation]) async -> [Result<Accepted, any Error>] {
        do {
            return try await operations.enqueueEach(all).map { result in
                result.map { (result: $0.0, status: $0.1) }.mapError { $0 as any Error }
            }
        } catch let error as SubmitterError where all.count > 1 {
            guard error.code == .invalidOperation else { return all.map { _ in .failure(error) } }
            var results: [Result<Accepted, any Error>] = []
            for operation in all { results += await take([operation]) }
            return results
        } catch {
            return all.map { _ in .failure(error) }
        }
    }
}
