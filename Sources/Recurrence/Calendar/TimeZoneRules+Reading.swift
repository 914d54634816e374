import FoundationEssentials

/// Why a time zone, a rule or a cron expression is none: which part, and what it must be.
public struct RecurrenceError: Error, Hashable, CustomStringConvertible, Sendable {
    /// Such as `RRULE.BYDAY`, `cron.hour`, `time_zone`.
    public var field: String
    public var rule: String

    public init(_ field: String, _ rule: String) {
        self.field = field
        self.rule = rule
    }

    public var description: String { "\(field) \(rule)" }
}

extension TimeZoneRules {
    /// Where the system keeps them, Debian's package `tzdata`.
    public static let systemDirectory = "/usr/share/zoneinfo"

    /// The zone of that name in the system's time-zone data (TZif, RFC 9636). Throws `RecurrenceError`.
    public init(named name: String, in directory: String = systemDirectory) throws {
        let isName =
            (1...64).contains(name.utf8.count) && name.first != "/"
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "+-_/".utf8.contains($0)
            }
        if name == "UTC" {
            self = .utc
            return
        }
        guard isName, let bytes = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
            guard FileManager.default.fileExists(atPath: directory) else {
                throw RecurrenceError(
                    "time_zone", "can't be read: \(directory) is missing (Debian's package is tzdata)")
            }
            throw RecurrenceError("time_zone", "must be a zone of the system's data, such as Europe/Berlin or UTC")
        }
        guard let rules = Self(name: name, tzif: Array(bytes)) else {
            throw RecurrenceError("time_zone", "\(name) can't be read: its file is no TZif of version 2 or later")
        }
        self = rules
    }

    /// Nil where the bytes are no TZif of version 2 or later.
    package init?(name: String, tzif bytes: [UInt8]) {
        guard let first = Header(bytes, at: 0), first.version >= UInt8(ascii: "2"),
            let header = Header(bytes, at: first.end(timeSize: 4)), bytes.count >= header.end(timeSize: 8)
        else { return nil }
        func big(_ at: Int, _ size: Int) -> Int {
            let value = bytes[at..<at + size].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            return size == 8 ? Int(Int64(bitPattern: value)) : Int(Int32(truncatingIfNeeded: value))
        }
        let times = header.body
        let kinds = times + header.timeCount * 8
        let types = kinds + header.timeCount
        func utcOffset(_ type: Int) -> Int? { type < header.typeCount ? big(types + type * 6, 4) : nil }

        let transitions = (0..<header.timeCount).map { big(times + $0 * 8, 8) }
        let offsets = [utcOffset(0)] + (0..<header.timeCount).map { utcOffset(Int(bytes[kinds + $0])) }
        let footer = bytes[header.end(timeSize: 8)...].split(separator: 0x0A, omittingEmptySubsequences: true).first
        let known = offsets.compactMap(\.self)
        guard known.count == offsets.count, known.allSatisfy({ abs($0) < 93_600 }),
            zip(transitions, transitions.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        let rule = footer.map { PosixTimeZone(String(decoding: $0, as: UTF8.self)) }
        // A footer that can't be read would be a wrong answer about the future.
        if case .some(nil) = rule { return nil }
        self.init(name: name, transitions: transitions, offsets: known, footer: rule.flatMap(\.self))
    }

    private struct Header {
        var version: UInt8
        var body: Int
        var timeCount: Int
        var typeCount: Int
        private var rest: (utc: Int, standard: Int, leaps: Int, letters: Int)

        init?(_ bytes: [UInt8], at start: Int) {
            guard start + 44 <= bytes.count, Array(bytes[start..<start + 4]) == Array("TZif".utf8) else { return nil }
            func count(_ place: Int) -> Int {
                let at = start + 20 + place * 4
                return bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            }
            version = bytes[start + 4]
            body = start + 44
            (timeCount, typeCount) = (count(3), count(4))
            rest = (count(0), count(1), count(2), count(5))
            guard typeCount > 0, end(timeSize: 4) <= bytes.count else { return nil }
        }

        func end(timeSize: Int) -> Int {
            body + timeCount * (timeSize + 1) + typeCount * 6 + rest.letters + rest.leaps * (timeSize + 4)
                + rest.standard + rest.utc
        }
    }
}
