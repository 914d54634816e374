import Postgres

/// Finds the event from which the tables can't take what follows, by halves.
enum PoisonSearch {
    /// The first event that makes the events up to it fail; nil where all of them pass.
    /// - Parameter failure: what the tables say of these events, tried and undone.
    static func first(
        in events: ArraySlice<ReadEvent>, failure: (ArraySlice<ReadEvent>) async throws -> PostgresError?
    ) async throws -> (place: Int, error: PostgresError)? {
        var (good, bad) = (events.startIndex, events.endIndex)
        guard bad > good, var error = try await failure(events) else { return nil }
        while bad - good > 1 {
            let middle = good + (bad - good) / 2
            if let sooner = try await failure(events[..<middle]) {
                (bad, error) = (middle, sooner)
            } else {
                good = middle
            }
        }
        return (bad - 1, error)
    }
}
