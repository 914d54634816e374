import Daemon

/// The story's lines: what was asked, what the chain made of it, how long it took.
struct StoryPrinter: Sendable {
    let write: @Sendable (String) -> Void

    func heading(_ text: String) { write("\n\(text)") }

    func line(_ text: String) { write("  \(text)") }

    /// One operation: its name, id, transactions, height, time.
    func operation(
        _ name: String, id: String, transactions: [String], height: UInt64?, took: Duration, note: String = ""
    ) {
        let ids =
            transactions.count <= 1
            ? transactions.first.map { "tx " + $0.prefix(16) + "…" } ?? "no transaction"
            : "\(transactions.count) txs \(transactions[0].prefix(12))… "
        line(
            "\(pad(name, 20)) \(pad(id, 25)) \(pad(ids, 23)) \(pad(height.map { "height \($0)" } ?? "", 13))"
                + "\(milliseconds(took))\(note.isEmpty ? "" : "  " + note)")
    }

    func milliseconds(_ duration: Duration) -> String {
        let value = Int(duration.seconds * 1000)
        let text = value < 10_000 ? "\(value) ms" : "\(value / 1000) s"
        return String(repeating: " ", count: max(0, 8 - text.count)) + text
    }

    private func pad(_ text: some StringProtocol, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
