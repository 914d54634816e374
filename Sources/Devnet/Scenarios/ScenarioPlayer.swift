public import Daemon
import FlowClient

/// Does the steps of a scenario at their times, from when it begins to run. It ends with the last.
public final class ScenarioPlayer: Service {
    public let name = "scenario"
    private let scenario: Scenario
    private let nodes: [DevnetNode]
    private let speed: Double
    private let say: @Sendable (String) -> Void

    /// - Parameters:
    ///   - nodes: the node, and its siblings.
    ///   - speed: how much faster than the clock the chain's time goes.
    ///   - say: is told of each step when it is done.
    public init(
        _ scenario: Scenario, nodes: [DevnetNode], speed: Double = 1, say: @escaping @Sendable (String) -> Void
    ) {
        self.scenario = scenario
        self.nodes = nodes
        self.speed = speed
        self.say = say
    }

    public func run() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        for step in scenario.steps {
            try await clock.sleep(until: start + step.at / speed)
            try perform(step)
        }
        say("scenario \(scenario.name): its last step is done")
        // A service that ends would end the rest.
        try await Task.sleep(for: .seconds(1_000_000_000))
    }

    private func perform(_ step: Scenario.Step) throws {
        let node = nodes[min(step.node, nodes.count - 1)]
        do {
            try step.action.perform(on: node)
        } catch {
            throw ScenarioError("at \(DurationText.format(step.at)): \(error)")
        }
        let what = step.say.isEmpty ? "a step" : step.say
        say("\(DurationText.format(step.at)) (height \(node.finalizedHeight)): \(what)")
    }
}
