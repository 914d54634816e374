package import Cadence
import Daemon
package import Encoding
package import FlowClient
package import FoundationEssentials
import HTTP

/// One thing that is wrong with what a caller sent: which field, which rule, in words that the caller can act on.
package struct Violation: Hashable, Sendable, Codable {
    /// A path such as `payload.recipients[3].address`.
    package var field: String
    package var rule: String

    package init(_ field: String, _ rule: String) {
        self.field = field
        self.rule = rule
    }

    var json: JSON { ["field": JSON(field), "rule": JSON(rule)] }
}

/// Reads an object's fields and gathers every violation on the way, so that a caller hears of all mistakes at once.
/// A reader that has found a violation gives stand-ins, which nobody may use: ask `violations` first.
package struct PayloadReader {
    package private(set) var violations: [Violation] = []
    private let path: String
    private let members: [String: JSON]
    private var known: Set<String> = []

    package init(_ value: JSON, path: String) {
        self.path = path
        var members: [String: JSON] = [:]
        if case .object(let given) = value {
            for member in given where members.updateValue(member.value, forKey: member.name) != nil {
                violations.append(Violation(path.isEmpty ? member.name : "\(path).\(member.name)", "comes twice"))
            }
        } else {
            violations = [Violation(path.isEmpty ? "body" : path, "must be an object, not \(value.kindName)")]
        }
        self.members = members
    }

    private func field(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    package mutating func reject(_ name: String, _ rule: String) {
        violations.append(Violation(field(name), rule))
    }

    /// Nil, and no violation, where an optional field is absent or null.
    private mutating func take(_ name: String, required: Bool) -> JSON? {
        known.insert(name)
        guard let value = members[name], value != .null else {
            if required { reject(name, "is required") }
            return nil
        }
        return value
    }

    /// A field that was not asked for is a mistake: a misspelt optional field must not pass for an absent one.
    package mutating func finish() {
        for name in members.keys.sorted() where !known.contains(name) {
            reject(name, "is not a field of this payload (fields: \(known.sorted().joined(separator: ", ")))")
        }
    }

    /// As it was given. Nil, and no violation, where it is absent or null.
    package mutating func optionalValue(_ name: String) -> JSON? { take(name, required: false) }

    package func has(_ name: String) -> Bool { members[name] != nil && members[name] != .null }

    /// Says that a field is part of the payload though it is not read.
    package mutating func knows(_ name: String) { known.insert(name) }

    // MARK: Fields

    package mutating func text(_ name: String, maximumLength: Int = 500) -> String {
        optionalText(name, maximumLength: maximumLength, required: true) ?? ""
    }

    package mutating func optionalText(_ name: String, maximumLength: Int = 500, required: Bool = false) -> String? {
        guard let value = take(name, required: required) else { return nil }
        guard case .string(let text) = value else {
            reject(name, "must be a string, not \(value.kindName)")
            return nil
        }
        guard !text.isEmpty, text.unicodeScalars.count <= maximumLength else {
            reject(name, "must have 1 to \(maximumLength) characters")
            return nil
        }
        // Postgres text cannot hold U+0000.
        guard !text.unicodeScalars.contains("\u{0}") else {
            reject(name, "must not contain U+0000")
            return nil
        }
        return text
    }

    /// A ShortUUID as the platform makes them: 22 characters of the alphabet without 0, 1, I, O and l.
    package mutating func shortUUID(_ name: String) -> String {
        let text = text(name, maximumLength: 100)
        guard !text.isEmpty else { return "" }
        guard text.utf8.count == 22, text.utf8.allSatisfy(Self.shortUUIDAlphabet.contains) else {
            reject(name, "must be a 22-character ShortUUID (digits and letters without 0, 1, I, O, l)")
            return ""
        }
        return text
    }

    private static let shortUUIDAlphabet = Set("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

    /// A key that the platform makes: 1 to 64 printable ASCII characters without spaces.
    package mutating func key(_ name: String) -> String { optionalKey(name, required: true) ?? "" }

    package mutating func optionalKey(_ name: String, required: Bool = false) -> String? {
        guard let text = optionalText(name, maximumLength: 1000, required: required) else { return nil }
        guard text.utf8.count <= 64, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            reject(name, "must be 1 to 64 printable ASCII characters without spaces")
            return nil
        }
        return text
    }

    /// A whole number, as a JSON number or, for callers whose numbers lose digits, a decimal string.
    package mutating func whole(_ name: String, in range: ClosedRange<UInt64>) -> UInt64 {
        optionalWhole(name, in: range, required: true) ?? range.lowerBound
    }

    package mutating func optionalWhole(_ name: String, in range: ClosedRange<UInt64>, required: Bool = false)
        -> UInt64?
    {
        guard let value = take(name, required: required) else { return nil }
        let number: UInt64?
        switch value {
        case .number(let digits): number = UInt64(digits)
        case .string(let text):
            number = PlainText.isDigits(text) ? UInt64(text) : nil
        default: number = nil
        }
        guard let number, range.contains(number) else {
            reject(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A UFix64: at most 8 decimals, as a string or, since no digit of it is lost here, a number.
    package mutating func ufix64(_ name: String) -> UInt64 {
        guard let value = take(name, required: true) else { return 0 }
        let text: String
        switch value {
        case .string(let given), .number(let given): text = given
        default:
            reject(name, "must be a decimal in a string, such as \"10.50\"")
            return 0
        }
        if text.utf8.contains(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
            reject(name, "must be written without an exponent, such as \"0.00000001\"")
            return 0
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy(PlainText.isDigits),
            parts.count == 1 || parts[1].utf8.count <= 8,
            let units = UInt64(parts[0]),
            let fraction = parts.count == 1
                ? 0 : UInt64(parts[1] + String(repeating: "0", count: 8 - parts[1].utf8.count)),
            case let (scaled, overflow) = units.multipliedReportingOverflow(by: 100_000_000), !overflow,
            case let (sum, carried) = scaled.addingReportingOverflow(fraction), !carried
        else {
            reject(name, "must be a decimal from 0 to 184467440737.09551615 with at most 8 decimals")
            return 0
        }
        return sum
    }

    /// An address of the chain at hand: 1 to 16 hex digits, with or without 0x; short forms are padded on the left.
    package mutating func address(_ name: String, on chain: ChainID) -> Address {
        optionalAddress(name, on: chain, required: true) ?? Address(rawValue: 0)
    }

    package mutating func optionalAddress(_ name: String, on chain: ChainID, required: Bool = false) -> Address? {
        guard let text = optionalText(name, maximumLength: 1000, required: required) else { return nil }
        guard let address = Address(text) else {
            reject(name, "must be a Flow address: 1 to 16 hex digits, with or without 0x")
            return nil
        }
        guard address.isValid(on: chain) else {
            reject(name, "is not an address of \(chain)")
            return nil
        }
        return address
    }

    /// A time, in RFC 3339 or as whole epoch milliseconds; as epoch milliseconds.
    package mutating func time(_ name: String) -> UInt64 { optionalTime(name, required: true) ?? 0 }

    package mutating func optionalTime(_ name: String, required: Bool = false) -> UInt64? {
        guard let value = take(name, required: required) else { return nil }
        switch value {
        case .number(let digits):
            if let milliseconds = UInt64(digits), (1...Self.lastTime).contains(milliseconds) { return milliseconds }
        case .string(let text):
            if let time = RFC3339.Instant(text), time.seconds >= 0, time.milliseconds > 0 {
                return UInt64(time.milliseconds)
            }
        default: break
        }
        reject(
            name, "must be a time from 1970 to 9999: RFC 3339 such as \"2026-12-01T12:00:00Z\", or epoch milliseconds")
        return nil
    }

    package mutating func date(_ name: String) -> Date { optionalDate(name, required: true) ?? Date() }

    package mutating func optionalDate(_ name: String, required: Bool = false) -> Date? {
        optionalTime(name, required: required).map { Date(timeIntervalSince1970: Double($0) / 1000) }
    }

    /// Whom something goes to: an address, a holder's locker, or the first that can take it; one of the two is there.
    package mutating func recipient(on chain: ChainID) -> (address: Address?, holder: String?) {
        let (address, holder) = (optionalAddress("address", on: chain), optionalKey("holder"))
        if violations.isEmpty, address == nil, holder == nil { reject("address", "or holder is required") }
        return (address, holder)
    }

    /// The end of the year 9999, in milliseconds: RFC 3339 goes no further, and what follows would overflow elsewhere.
    private static let lastTime: UInt64 = 253_402_300_799_999

    /// A list of words, 100 at most.
    package mutating func optionalTexts(_ name: String) -> [String]? {
        guard let value = take(name, required: false) else { return nil }
        guard case .array(let elements) = value, elements.count <= 100 else {
            reject(name, "must be an array of at most 100 strings")
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            guard case .string(let text) = element, text.utf8.count <= 500, !text.utf8.contains(0) else {
                reject("\(name)[\(index)]", "must be a string of at most 500 bytes, not \(element.kindName)")
                return nil
            }
            return text
        }
    }

    /// Every element of an array, each with its path.
    package mutating func each(
        _ name: String, maximumCount: Int, _ read: (JSON, String) -> [Violation]
    ) {
        guard let value = take(name, required: true) else { return }
        guard case .array(let elements) = value else {
            reject(name, "must be an array, not \(value.kindName)")
            return
        }
        guard (1...maximumCount).contains(elements.count) else {
            reject(name, "must have 1 to \(maximumCount) entries, not \(elements.count)")
            return
        }
        for (index, element) in elements.enumerated() {
            // A list of a hundred thousand rows, all wrong in the same way, needs no hundred thousand lines.
            if violations.count >= 100 { return }
            violations += read(element, "\(field(name))[\(index)]")
        }
    }
}

extension JSON {
    /// What a person calls this kind of value.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// Members sorted by name, all the way down: equal payloads give equal bytes, so that they can be compared.
    package var canonical: JSON {
        switch self {
        case .array(let elements): .array(elements.map(\.canonical))
        case .object(let members):
            .object(members.map { .init($0.name, $0.value.canonical) }.sorted { $0.name < $1.name })
        default: self
        }
    }
}
