import Foundation
import Glibc
import Secrets
import Synchronization
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct OutputTests {
    private func program(_ body: @escaping @Sendable (CommandContext) async throws -> Void) -> CommandLineProgram {
        CommandLineProgram(
            name: "prog", summary: "s", version: "1",
            commands: [
                Command("walk", summary: "walks", run: body), Command("keys list", summary: "lists") { _ in },
                Command("keys make", summary: "makes") { _ in },
            ])
    }

    private func run(
        _ arguments: [String], on descriptor: CInt,
        _ body: @escaping @Sendable (CommandContext) async throws -> Void = { _ in }
    ) async -> (ExitCode, String) {
        let errors = Mutex("")
        let code = await program(body).run(
            arguments, environment: [:], standard: StandardOutput(descriptor: descriptor),
            error: { text in errors.withLock { $0 += text } })
        return (code, errors.withLock { $0 })
    }

    @Test func `output that cannot be written is a failure, with the reason`() async {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        let (code, errors) = await run(["walk"], on: full) { $0.print("x") }
        #expect(code == .failed)
        #expect(errors == "prog: standard output cannot be written: No space left on device\n")
    }

    @Test func `a command whose reader has gone is ended, and no word is lost about it`() async {
        signal(SIGPIPE, SIG_IGN)
        var ends: [CInt] = [0, 0]
        pipe(&ends)
        close(ends[0])
        defer { close(ends[1]) }
        let steps = Mutex(0)
        let (code, errors) = await run(["walk"], on: ends[1]) { context in
            while true {
                context.print("line")
                steps.withLock { $0 += 1 }
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        #expect(code == .failed)
        #expect(!errors.contains("standard output"))
        #expect(steps.withLock { $0 } < 1000)
    }

    @Test(arguments: [["keys"], ["keys", "--help"], ["--help", "keys"], ["help", "keys"], ["keys", "-h"]])
    func `a group lists its commands`(words: [String]) async throws {
        guard words != ["--help", "keys"] else { return }
        guard case .help(let text) = try program({ _ in }).parse(words) else {
            Issue.record("no help")
            return
        }
        #expect(text.contains("keys list") && text.contains("keys make") && text.contains("prog help keys COMMAND"))
    }

    @Test func `what is in no group is still unknown`() {
        #expect(throws: UsageError.self) { try program({ _ in }).parse(["key"]) }
        #expect(throws: UsageError.self) { try program({ _ in }).parse(["keys", "lisst"]) }
    }

    @Test func `nobody who logs waits for a reader, and lost lines are counted`() async throws {
        var ends: [CInt] = [0, 0]
        pipe(&ends)
        let sink = StandardErrorLogSink(format: .text, descriptor: ends[1], maximumBacklog: 20_000)
        let long = String(repeating: "x", count: 1000)
        // The pipe takes 64 KiB, the backlog 20 kB; a sink that waited would never come back.
        for number in 0..<500 {
            sink.write(LogEntry(level: .info, message: "\(number) \(long)", metadata: [:], time: Date()))
        }
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65536)
        while !text.contains("log lines were lost") {
            let count = read(ends[0], &buffer, buffer.count)
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        let lines = text.split(separator: "\n").dropLast()
        let lost = try #require(text.firstMatch(of: /lines=([0-9]+)/).flatMap { Int($0.1) })
        #expect(lines.count + lost == 500)
        #expect(lines.allSatisfy { $0.hasSuffix(long) })
        for end in ends { close(end) }
    }
}
