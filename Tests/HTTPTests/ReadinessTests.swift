import Foundation
import Glibc
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(1))) struct ReadinessTests {
    private typealias Table = ReadinessTable<String>

    @Test func `an event of a connection that is gone wakes nobody who waits for the next one of its number`() {
        var table = Table()
        let (_, old) = table.add(7, .hangUp, "old")
        #expect(table.forget(7) == ["old"])
        let (_, new) = table.add(7, .hangUp, "new")
        #expect(table.happened(old.token, .hangUp).woken == [])
        #expect(table.happened(new.token, .hangUp).woken == ["new"])
    }

    @Test func `who was called off is not taken for the next one either`() {
        var table = Table()
        let (id, old) = table.add(7, .hangUp, "old")
        #expect(table.callOff(7, id) == "old")
        #expect(table.callOff(7, id) == nil)
        _ = table.add(7, .readable, "new")
        #expect(table.happened(old.token, .always).woken == [])
    }

    @Test func `each waiter is woken for what it wants, and errors wake all`() {
        var table = Table()
        _ = table.add(7, .readable, "reader")
        let (_, arming) = table.add(7, .writable, "writer")
        #expect(arming.interest == [.readable, .writable])
        let (woken, rest) = table.happened(arming.token, .readable)
        #expect(woken == ["reader"] && rest?.interest == .writable && rest?.token == arming.token)
        #expect(table.happened(arming.token, .always).woken == ["writer"])
        #expect(table.happened(arming.token, .always).woken == [])
    }

    @Test func `a descriptor that cannot be waited for is an error, and the process lives`() async throws {
        let closed = dup(0)
        close(closed)
        await #expect(throws: HTTPError.self) { try await ReadinessPoller.shared.wait(closed, for: .readable) }
        await #expect(throws: HTTPError.self) { try await ReadinessPoller.shared.wait(-1, for: .readable) }
        let file = open("/etc/hostname", O_RDONLY)
        defer { close(file) }
        await #expect(throws: HTTPError.self) { try await ReadinessPoller.shared.wait(file, for: .readable) }
    }

    @Test func `a number that comes back as another file without forget is waited for anew`() async throws {
        var ends: [CInt] = [0, 0]
        pipe(&ends)
        let waiting = Task { [reading = ends[0]] in try await ReadinessPoller.shared.wait(reading, for: .readable) }
        while await !isArmed(ends[0]) {}
        var others: [CInt] = [0, 0]
        pipe(&others)
        dup2(others[0], ends[0])
        write(others[1], "x", 1)
        try await ReadinessPoller.shared.wait(ends[0], for: .readable)
        ReadinessPoller.shared.forget(ends[0])
        _ = await waiting.result
        for end in ends + others { close(end) }
    }

    /// The kernel's own word: the descriptor stands in an epoll set of this process.
    private func isArmed(_ descriptor: CInt) async -> Bool {
        await Task.yield()
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo") else { return true }
        return files.contains { file in
            let text = FileManager.default.contents(atPath: "/proc/self/fdinfo/\(file)") ?? Data()
            return String(decoding: text, as: UTF8.self).split(separator: "\n").contains { line in
                let words = line.split(separator: " ")
                return words.first == "tfd:" && words.count > 1 && words[1] == "\(descriptor)"
            }
        }
    }
}

struct WebSocketStateMachineTests {
    private typealias Machine = WebSocket.StateMachine
    private let start = ContinuousClock.now

    private func machine(_ role: WebSocketCodec.Role = .client) -> Machine {
        Machine(WebSocketCodec(role, maximumMessageBytes: 1 << 20), now: start)
    }

    private func frame(_ opcode: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
        [0x80 | opcode, UInt8(payload.count)] + payload
    }

    private func receive(_ bytes: [UInt8], _ machine: inout Machine, at now: ContinuousClock.Instant? = nil) throws {
        try bytes.withUnsafeBytes { try machine.received($0, at: now ?? start) }
    }

    @Test func `own messages that the peer has not read yet are not answers to its pings`() throws {
        var machine = machine()
        _ = try machine.queue(.binary([UInt8](repeating: 1, count: 1 << 20)))
        _ = try machine.queue(.binary([UInt8](repeating: 1, count: 1 << 20)))
        for _ in 0..<100 { try receive(frame(9, Array("ping".utf8)), &machine) }
        #expect(machine.totalQueued > 2 << 20)
    }

    @Test func `a peer that asks for answers and never reads them is told off`() throws {
        var machine = machine()
        let pings = [[UInt8]](repeating: frame(9, [UInt8](repeating: 0, count: 125)), count: 1000).flatMap(\.self)
        #expect(throws: HTTPError.self) { for _ in 0..<20 { try receive(pings, &machine) } }
        var reading = self.machine()
        for _ in 0..<20 {
            try receive(pings, &reading)
            reading.wrote(reading.withUnsent { $0.count })
        }
        #expect(!reading.hasUnsent)
    }

    @Test func `a peer is silent only while somebody listens`() throws {
        var machine = machine()
        // Nobody has listened.
        #expect(!machine.isSilent(since: start + .seconds(10)))
        machine.listens(true, at: start + .seconds(1))
        #expect(!machine.isSilent(since: start + .milliseconds(500)))
        #expect(machine.isSilent(since: start + .seconds(2)))
        try receive(frame(10), &machine, at: start + .seconds(3))
        #expect(!machine.isSilent(since: start + .seconds(2)))
        #expect(machine.isSilent(since: start + .seconds(4)))
        machine.listens(false, at: start + .seconds(5))
        #expect(!machine.isSilent(since: start + .seconds(4)))
    }

    @Test func `messages come in order, then the end as it was`() throws {
        var machine = machine()
        try receive(frame(1, Array("a".utf8)) + frame(2, [1]) + frame(8, [0x03, 0xE8]), &machine)
        #expect(machine.next() == .message(.text("a")))
        #expect(machine.next() == .message(.binary([1])))
        #expect(machine.next() == .ended)
        #expect(machine.closing?.code == 1000 && machine.closing?.isByPeer == true)
        #expect(throws: HTTPError.self) { try machine.queue(.text("late")) }
    }

    @Test func `a peer that goes without a word is lost, and one that breaks the rules is told why`() throws {
        var lost = machine()
        lost.receivedEnd()
        #expect(lost.next() == .lost)
        var broken = machine()
        try receive([0xFF, 0x00], &broken)
        #expect(broken.next() == .violated(1002))
        #expect(broken.hasUnsent)
    }
}
