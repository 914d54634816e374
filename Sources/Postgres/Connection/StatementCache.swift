/// The prepared statements of one connection, least recently used first out. A statement is its text and the types of its
/// parameters: the same text with a NULL where a number was is another statement to the server.
struct StatementCache {
    struct Key: Hashable, Sendable {
        var sql: String
        var types: [UInt32]
    }

    private struct Entry {
        var name: String
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private var made: UInt64 = 0

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { entries.count }

    mutating func name(for key: Key) -> String? {
        guard let index = entries.index(forKey: key) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return entries.values[index].name
    }

    /// A name for a statement that is about to be prepared, and the name that must go to make room for it.
    mutating func insert(_ key: Key) -> (name: String, evicted: String?) {
        var evicted: String?
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            evicted = oldest.value.name
        }
        made += 1
        uses += 1
        entries[key] = Entry(name: "weir_\(made)", lastUse: uses)
        return ("weir_\(made)", evicted)
    }

    /// Forgets a statement: it was not prepared after all, or its plan has gone stale.
    mutating func remove(_ key: Key) -> String? { entries.removeValue(forKey: key)?.name }

    mutating func removeAll() { entries = [:] }
}
