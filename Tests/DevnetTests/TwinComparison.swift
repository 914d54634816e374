import Cadence
import Encoding
import FlowClient
import Foundation
import HTTP

@testable import Devnet

/// Compares a recorded JSON body with ours of the retold chain: the same members in the same order, the same values, but
/// for ids, each of which must stand for one of ours throughout, and what is signed.
final class TwinComparison {
    private let retelling: Retelling
    private var ids: [String: String] = [:]
    /// Members that differ from chain to chain, or that the recorded node got wrong.
    var ignored: Set<String> = ["signature"]
    /// The paths where the two differ.
    private(set) var differences: [String] = []

    init(_ retelling: Retelling) {
        self.retelling = retelling
        learnBlocks()
        learnTransactions()
    }

    func learnBlocks() {
        for (theirs, header) in retelling.headers {
            if let ours = retelling.node.blockID(at: BlockHeight(header.height)) { ids[theirs.hex] = ours.hex }
        }
    }

    func learnTransactions() { for (theirs, ours) in retelling.ids { ids[theirs.hex] = ours.hex } }

    /// A recorded address with its ids replaced by ours.
    func ours(_ target: String) -> String {
        target.replacing(/[0-9a-f]{64}/) { match in ids[String(match.output)] ?? String(match.output) }
    }

    /// Empty where they agree.
    func compare(_ theirs: [UInt8], _ ours: [UInt8]) throws -> [String] {
        differences = []
        compare(try JSON(parsing: theirs), try JSON(parsing: ours), at: "$")
        return differences
    }

    private func compare(_ theirs: JSON, _ ours: JSON, at path: String, in name: String = "") {
        switch (theirs, ours) {
        case (.object(let a), .object(let b)):
            guard a.map(\.name) == b.map(\.name) else {
                return differ(path, "\(a.map(\.name))", "\(b.map(\.name))")
            }
            for (a, b) in zip(a, b) { compare(a.value, b.value, at: "\(path).\(a.name)", in: a.name) }
        case (.array(let a), .array(let b)):
            guard a.count == b.count else { return differ(path, "\(a.count) elements", "\(b.count) elements") }
            for (index, (a, b)) in zip(a, b).enumerated() { compare(a, b, at: "\(path)[\(index)]", in: name) }
        case (.string(let a), .string(let b)):
            if !ignored.contains(name), !isSame(a, b, name) { differ(path, a, b) }
        default: if theirs != ours { differ(path, theirs.text, ours.text) }
        }
    }

    private func isSame(_ theirs: String, _ ours: String, _ name: String) -> Bool {
        if theirs == ours { return true }
        if name == "payload" || name == "arguments", let same = isSameValue(theirs, ours) { return same }
        let (a, b) = (ids(in: theirs), ids(in: ours))
        guard a.count == b.count else { return false }
        for (a, b) in zip(a, b) where ids.updateValue(b, forKey: a) ?? b != b { return false }
        return retelling.mapped(self.ours(theirs)) == ours
    }

    private func ids(in text: String) -> [String] { text.matches(of: /[0-9a-f]{64}/).map { String($0.output) } }

    /// Two payloads in JSON-CDC; nil where they are none.
    private func isSameValue(_ theirs: String, _ ours: String) -> Bool? {
        guard let a = Data(base64Encoded: theirs), let b = Data(base64Encoded: ours),
            let x = try? JSONCDC.decode(Array(a)), let y = try? JSONCDC.decode(Array(b))
        else { return nil }
        // Both end with a line break, or neither does.
        return a.last == b.last && retelling.same(x, y)
    }

    private func differ(_ path: String, _ theirs: String, _ ours: String) {
        differences.append("\(path): recorded \(theirs.prefix(300)), ours \(ours.prefix(300))")
    }
}
