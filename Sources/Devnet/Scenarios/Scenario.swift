import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP

/// What happens to a devnet, and when: faults, rules, roll-backs in their order. Read from YAML, whole, before it begins.
///
///     name: 2026-02-11
///     summary: sealing stands for seven minutes
///     steps:
///       - at: 1m
///         say: execution and sealing stand
///         faults: {seals_up_to: head}
///       - at: 8m
///         faults: {seals_up_to: null}
///
/// A step may do what the admin port's `POST /admin` takes, at a time of the chain since the start; `node: 1` does it to the
/// first sibling.
public struct Scenario: Sendable {
    public struct Step: Sendable {
        /// Of the chain, since the start.
        public var at: Duration
        /// For those who watch.
        public var say: String
        /// 0, or a sibling's number.
        public var node: Int
        let action: DevnetAction
    }

    public let name: String
    public let summary: String
    /// By their time.
    public let steps: [Step]
    /// How many siblings it needs.
    public var siblings: Int { steps.map(\.node).max() ?? 0 }

    /// - Throws: `ScenarioError`, which names the step and the rule.
    public init(yaml text: String) throws(ScenarioError) {
        let json: JSON
        do {
            guard let node = try YAMLParser.parse(text) else { throw ScenarioError("there is nothing in it") }
            json = JSON(yaml: node)
        } catch let error as ScenarioError {
            throw error
        } catch {
            throw ScenarioError("\(error)")
        }
        let known: Set<String> = ["name", "summary", "steps"]
        for member in json.object ?? [] where !known.contains(member.name) {
            throw ScenarioError("\(member.name) is no member of a scenario: there are name, summary and steps")
        }
        guard let name = json["name"]?.text(orNil: true), !name.isEmpty else {
            throw ScenarioError("name must be a text")
        }
        guard let entries = json["steps"]?.array, !entries.isEmpty else {
            throw ScenarioError("steps must be a list of at least one step")
        }
        self.name = name
        summary = json["summary"]?.string ?? ""
        var steps: [Step] = []
        for (index, entry) in entries.enumerated() {
            do throws(ScenarioError) {
                steps.append(try Self.step(entry))
            } catch {
                throw ScenarioError("step \(index + 1): \(error.message)")
            }
        }
        // Of the same time in the order in which they are written.
        self.steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(
            \.element)
    }

    private static func step(_ entry: JSON) throws(ScenarioError) -> Step {
        guard let members = entry.object else { throw ScenarioError("must be a mapping") }
        guard let at = entry["at"]?.text(orNil: true).flatMap({ DurationText.parse($0) }) else {
            throw ScenarioError("at must be a duration since the start, such as 0, 90s or 4h")
        }
        let node = entry["node"].map { $0.uint64 } ?? 0
        guard let node, node <= 16 else { throw ScenarioError("node must be 0, or a sibling's number up to 16") }
        let rest = members.filter { !["at", "say", "node"].contains($0.name) }
        do {
            return Step(
                at: at, say: entry["say"]?.string ?? "", node: Int(node),
                action: try DevnetAction(step: .object(rest)))
        } catch let problem as ProblemDocument {
            throw ScenarioError(problem.detail ?? problem.title)
        } catch {
            throw ScenarioError("\(error)")
        }
    }
}

public struct ScenarioError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}

extension JSON {
    /// Plain scalars are what they look like; quoted ones are texts.
    fileprivate init(yaml node: YAMLNode) {
        switch node.content {
        case .mapping(let pairs): self = .object(pairs.map { .init($0.key, JSON(yaml: $0.value)) })
        case .sequence(let nodes): self = .array(nodes.map { JSON(yaml: $0) })
        case .scalar(let text, let quoted):
            if quoted { self = .string(text) } else { self = Self.plain(text, node) }
        }
    }

    private static func plain(_ text: String, _ node: YAMLNode) -> JSON {
        if node.isNull { return .null }
        if text == "true" || text == "false" { return .bool(text == "true") }
        if Int64(text) != nil || UInt64(text) != nil { return .number(text) }
        if text.contains("."), Double(text) != nil { return .number(text) }
        return .string(text)
    }

    /// A text, or a number as it was written: names and durations may look like numbers.
    fileprivate func text(orNil: Bool) -> String? {
        if case .number(let digits) = self { return digits }
        return string
    }
}
