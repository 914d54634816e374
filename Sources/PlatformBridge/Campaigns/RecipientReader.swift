package import Encoding
package import FlowClient

/// Reads recipients out of a body or a file, some at a time: CSV with a header, one JSON object a line, or a JSON object with
/// `recipients`. Each has a `drop_id` and an `address`, a `holder` or both.
package struct RecipientReader: Sendable {
    package enum Format: Sendable { case csv, lines, json }

    private enum Source: Sendable {
        case csv(CSV.Reader, columns: [String])
        case lines(ByteFeed, line: Int)
        case elements([JSON], place: Int)
    }

    private var source: Source
    private let chain: ChainID

    /// One call may bring this many.
    package static let maximumCount = OperationPlanner.maximumRows
    private static let columns = ["drop_id", "address", "holder"]
    private static let atOnce = 2_000
    private static let lineBytes = 64 << 10

    /// What is wrong with them: a hundred faults at most.
    package struct Invalid: Error, CustomStringConvertible {
        package var violations: [Violation]
        package var description: String {
            violations.map { "\($0.field) \($0.rule)" }.joined(separator: "\n")
        }
    }

    /// Throws `Invalid` where the whole can't be read.
    package init(_ bytes: [UInt8], as format: Format, on chain: ChainID) throws(Invalid) {
        try self.init(ByteFeed(bytes), as: format, on: chain)
    }

    /// CSV and lines are read a piece at a time; JSON is one value, and read whole.
    package init(_ feed: ByteFeed, as format: Format, on chain: ChainID) throws(Invalid) {
        self.chain = chain
        switch format {
        case .csv:
            var reader = CSV.Reader(feed)
            let header: [String]?
            do { header = try reader.next() } catch { throw Self.invalid("line \(error.line)", error.rule) }
            let columns = (header ?? []).map { $0.trimmed() }
            guard columns.contains("drop_id"), columns.contains("address") || columns.contains("holder"),
                Set(columns).count == columns.count, columns.allSatisfy(Self.columns.contains)
            else {
                throw Self.invalid(
                    "line 1", "must be a header that names drop_id and address, holder or both, and nothing else")
            }
            source = .csv(reader, columns: columns)
        case .lines: source = .lines(feed, line: 0)
        case .json:
            let body: JSON
            var (feed, bytes) = (feed, [UInt8]())
            do {
                while let line = try feed.line(limit: .max) { bytes += line + [0x0A] }
                body = try JSON(parsing: bytes)
            } catch { throw Self.invalid("body", "is not JSON: \(error)") }
            var reader = PayloadReader(body, path: "")
            var elements: [JSON] = []
            reader.each("recipients", maximumCount: Self.maximumCount) { element, _ in
                elements.append(element)
                return []
            }
            reader.finish()
            guard reader.violations.isEmpty else { throw Invalid(violations: reader.violations) }
            source = .elements(elements, place: 0)
        }
    }

    /// Reads all of it once, so that nothing is taken in of what has a fault. Returns how many there are.
    package func check() throws(Invalid) -> Int {
        var copy = self
        var seen: Set<String> = []
        var violations: [Violation] = []
        var count = 0
        while let (row, path, more) = copy.one() {
            count += 1
            violations += more
            if more.isEmpty, !seen.insert(row.dropID).inserted {
                violations.append(Violation("\(path).drop_id", "comes twice"))
            }
            if count > Self.maximumCount {
                violations.append(
                    Violation("recipients", "must be at most \(Self.maximumCount): more come in several calls"))
            }
            if violations.count >= 100 || count > Self.maximumCount { break }
        }
        if count == 0, violations.isEmpty { violations = [Violation("recipients", "must be at least one")] }
        guard violations.isEmpty else { throw Invalid(violations: violations) }
        return count
    }

    /// The next ones; nil behind the last. Of what was checked.
    package mutating func next() throws(Invalid) -> [PlatformRecords.DropRow]? {
        var rows: [PlatformRecords.DropRow] = []
        while rows.count < Self.atOnce, let (row, _, violations) = one() {
            guard violations.isEmpty else { throw Invalid(violations: violations) }
            rows.append(row)
        }
        return rows.isEmpty ? nil : rows
    }

    private mutating func one() -> (PlatformRecords.DropRow, path: String, [Violation])? {
        let none = PlatformRecords.DropRow(dropID: "", address: nil, holder: nil, at: nil)
        switch source {
        case .csv(var reader, let columns):
            let fields: [String]
            do {
                guard let record = try reader.next() else { return nil }
                fields = record
            } catch {
                source = .elements([], place: 0)
                return (none, "line \(error.line)", [Violation("line \(error.line)", error.rule)])
            }
            source = .csv(reader, columns: columns)
            let path = "line \(reader.line)"
            guard fields.count == columns.count else {
                return (none, path, [Violation(path, "has \(fields.count) fields, and the header \(columns.count)")])
            }
            // An empty field is none.
            let members = zip(columns, fields).filter { !$1.isEmpty }.map { JSON.Member($0, JSON($1)) }
            return read(.object(members), path)
        case .lines(var feed, var line):
            do {
                while let text = try feed.line(limit: Self.lineBytes) {
                    line += 1
                    let path = "line \(line)"
                    guard text.count < Self.lineBytes else {
                        source = .elements([], place: 0)
                        return (none, path, [Violation(path, "has more than \(Self.lineBytes) bytes")])
                    }
                    guard text.contains(where: { $0 != 0x20 && $0 != 0x0D }) else { continue }
                    source = .lines(feed, line: line)
                    do { return read(try JSON(parsing: text), path) } catch {
                        return (none, path, [Violation(path, "is not JSON: \(error)")])
                    }
                }
            } catch {
                source = .elements([], place: 0)
                return (none, "line \(line + 1)", [Violation("line \(line + 1)", "can't be read: \(error)")])
            }
            source = .elements([], place: 0)
            return nil
        case .elements(let elements, let place):
            guard place < elements.count else { return nil }
            source = .elements(elements, place: place + 1)
            return read(elements[place], "recipients[\(place)]")
        }
    }

    private func read(_ value: JSON, _ path: String) -> (PlatformRecords.DropRow, path: String, [Violation]) {
        var row = PayloadReader(value, path: path)
        let drop = row.key("drop_id")
        let (address, holder) = row.recipient(on: chain)
        row.finish()
        return (.init(dropID: drop, address: address, holder: holder, at: nil), path, row.violations)
    }

    private static func invalid(_ field: String, _ rule: String) -> Invalid {
        Invalid(violations: [Violation(field, rule)])
    }
}
