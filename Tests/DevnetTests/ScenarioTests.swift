import FlowClient
import Foundation
import Synchronization
import Testing

@testable import Devnet

@Suite(.timeLimit(.minutes(1)))
struct ScenarioTests {
    @Test func `every scenario that ships is read, and names itself and its day`() throws {
        #expect(Scenario.shipped.count >= 10)
        for (name, yaml) in Scenario.shipped {
            let scenario = try Scenario(yaml: yaml)
            #expect(scenario.name == name)
            #expect(!scenario.summary.isEmpty && scenario.steps.count >= 2)
            #expect(scenario.steps.map(\.at) == scenario.steps.map(\.at).sorted())
        }
        #expect(Scenario.shipped("2025-12-27")?.steps.count == 7)
        #expect(Scenario.shipped("stuck-endpoint")?.siblings == 1)
        #expect(Scenario.shipped("2025-12-28") == nil)
    }

    @Test(arguments: [
        ("", "nothing in it"), ("name: a", "steps"), ("steps: []", "name"), ("name: a\nsteps: []", "at least one"),
        ("name: a\nsteps: [{faults: {}}]", "step 1: at"), ("name: a\nsteps: [{at: soon}]", "step 1: at"),
        ("name: a\nsteps: [{at: 1s, dance: true}]", "dance"),
        ("name: a\nsteps: [{at: 1s}, {at: 2s, faults: {head_lag: far}}]", "step 2: head_lag"),
        ("name: a\nsteps: [{at: 1s, node: 17}]", "node"), ("name: a\ncolour: red\nsteps: [{at: 1s}]", "colour"),
        ("name: a\nsteps: [{at: 1s, rules: {weights: flip1}}]", "weights"), ("name: [", "line"),
    ])
    func `what is wrong is said with its step and its name`(_ yaml: String, _ word: String) {
        let error = #expect(throws: ScenarioError.self) { try Scenario(yaml: yaml) }
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    /// Steps in the order of their times, on the node that they name, each told.
    @Test func `a scenario is played at its pace`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        let sibling = chain.node.sibling()
        chain.node.makeBlocks(5)
        let scenario = try Scenario(
            yaml: """
                name: test
                steps:
                  - {at: 3h, say: third, rules: {surge_factor: 2.5}}
                  - {at: 1h, say: first, faults: {seals_up_to: head}, blocks: 2}
                  - {at: 2h, node: 1, say: second, faults: {stuck_at: head}}
                  - {at: 4h, say: fourth, clear_faults: true, rollback: {blocks: 1}}
                """)
        let (told, tell) = AsyncStream.makeStream(of: String.self)
        let player = ScenarioPlayer(scenario, nodes: [chain.node, sibling], speed: 1_000_000) { tell.yield($0) }
        let running = Task { try await player.run() }
        defer { running.cancel() }
        var lines: [String] = []
        for await line in told {
            lines.append(line)
            if lines.count == 5 { break }
        }
        #expect(
            lines == [
                "1h (height 7): first", "2h (height 7): second", "3h (height 7): third", "4h (height 6): fourth",
                "scenario test: its last step is done",
            ])
        #expect(chain.node.rules.surgeFactor == 250_000_000)
        // The first node's fault is over; the sibling's, which began at the sealed head of its time, is not.
        chain.node.makeBlocks(3)
        #expect(try await chain.node.blockHeader(.latestSealed).value.height == 9)
        #expect(try await sibling.blockHeader(.latestSealed).value.height == 7)
    }

    @Test func `the chain's time goes as fast as it is told`() {
        let (slow, fast) = (ScaledClock(speed: 1), ScaledClock(speed: 100_000))
        let start = fast.now.milliseconds
        let until = ContinuousClock.now + .milliseconds(2)
        while ContinuousClock.now < until {}
        #expect(fast.now.milliseconds - start >= 200_000)
        #expect(abs(slow.now.milliseconds - Timestamp.now().milliseconds) < 1000)
    }
}
