import Foundation
import Recordings
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TestSupportTests {
    @Test(arguments: ["story", "errors", "expiry", "fees", "history"])
    func `every recording reads, line by line, in order`(_ name: String) throws {
        let recording = Recording(name)
        let exchanges = try recording.exchanges()
        #expect(exchanges.count > 10)
        #expect(exchanges.map(\.n) == Array(0..<exchanges.count))
        #expect(exchanges.allSatisfy { ["grpc", "http", "websocket"].contains($0.transport) })
        #expect(try !recording.story().isEmpty && !recording.accounts().isEmpty)
    }

    @Test func `a recording that is cut off is an error, not a short recording`() throws {
        let whole = try Fixtures.read("recordings/expiry.jsonl.gz")
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID().uuidString).gz")
        defer { try? FileManager.default.removeItem(at: file) }
        for length in [whole.count - 1, whole.count - 9, whole.count / 2, 11] {
            try whole.prefix(length).write(to: file)
            #expect(throws: Fixtures.Unreadable.self) { try Fixtures.gunzip(at: file) }
        }
        try whole.write(to: file)
        #expect(try Fixtures.gunzip(at: file) == Fixtures.gunzip("recordings/expiry.jsonl.gz"))
        #expect(throws: Fixtures.Unreadable.self) { try Fixtures.gunzip("recordings/none.gz") }
    }

    @Test func `sleepers wake in the order of their deadlines, and not before`() async throws {
        let clock = ManualClock()
        let woken = Recorder<Int>()
        let tasks = [30, 10, 20].map { seconds in
            Task {
                try await clock.sleep(until: .init(.seconds(seconds)))
                woken.append(seconds)
            }
        }
        await clock.waitForSleepers(3)
        clock.advance(by: .seconds(9))
        #expect(woken.all.isEmpty)
        clock.advance(by: .seconds(1))
        try await tasks[1].value
        #expect(woken.all == [10])
        tasks[2].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[2].value }
        clock.advance(by: .seconds(100))
        try await tasks[0].value
        #expect(woken.all == [10, 30])
        try await clock.sleep(until: .init(.seconds(5)))
    }
}
