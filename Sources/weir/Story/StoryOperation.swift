import Encoding
import HTTP
import PlatformBridge

/// An operation of the story at its end, and how long it took from the call.
struct StoryOperation: Sendable {
    var id: String
    var items: [JSON]
    var took: Duration

    /// Enqueues, and waits for the end. Throws where it is not done.
    static func carryOut(
        _ type: String, _ payload: JSON, key: String, over control: ControlClient
    ) async throws -> StoryOperation {
        let start = ContinuousClock.now
        let id = try await control.enqueue(type, payload, key: key)
        let status = try await control.finished(id, within: .seconds(60))
        let took = ContinuousClock.now - start
        guard status["outcome"]?.string == "done" else {
            throw StoryError(
                "\(type) \(id) ended as \(status["outcome"]?.string ?? "?"): \(status["reason"]?.string ?? "")")
        }
        let items = try await control.get("/v1/operations/\(id)/items?limit=10000")["items"]?.array ?? []
        return StoryOperation(id: id, items: items, took: took)
    }

    var transactions: [String] {
        var seen: [String] = []
        for id in items.compactMap({ $0["transaction_id"]?.string }) where !seen.contains(id) { seen.append(id) }
        return seen
    }

    var height: UInt64? { items.compactMap { $0["height"]?.integer(UInt64.self) }.max() }
}
