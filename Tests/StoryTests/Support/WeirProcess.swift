import Foundation
import Glibc
import Synchronization

/// The built program, run as its users run it.
final class WeirProcess: Sendable {
    struct Ended: Sendable {
        var status: Int32
        /// The signal that ended it, where one did.
        var signal: Int32?
        var output: String
        var errors: String
    }

    private struct Output {
        var text: [Int: String] = [0: "", 1: ""]
        var waiters: [(needle: String, continuation: CheckedContinuation<String?, Never>)] = []
        var open = 2
    }

    private let process: Process
    private let output = Mutex(Output())
    private let ended: AsyncStream<Int32>

    /// Where `swift build` puts it: beside the test bundle.
    static let path: String = {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return bundle.appendingPathComponent("weir").path
    }()

    /// - Parameters:
    ///   - environment: added to a bare one: nothing of the tester's own settings gets through.
    ///   - input: what it reads from standard input; nothing by default.
    init(
        _ arguments: [String], environment: [String: String] = [:], directory: String? = nil, input: String? = nil
    ) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = arguments
        let own = ProcessInfo.processInfo.environment
        var bare = ["PATH": own["PATH"] ?? "/usr/bin:/bin", "HOME": own["HOME"] ?? "/tmp"]
        bare["LD_LIBRARY_PATH"] = own["LD_LIBRARY_PATH"]
        process.environment = bare.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        let stdin = Pipe()
        process.standardInput = stdin
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        ended = stream
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        let pipes = [Pipe(), Pipe()]
        process.standardOutput = pipes[0]
        process.standardError = pipes[1]
        try process.run()
        // Less than what a pipe holds: the write never waits for the program.
        if let input { try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
        try stdin.fileHandleForWriting.close()
        for (index, pipe) in pipes.enumerated() {
            let descriptor = pipe.fileHandleForReading.fileDescriptor
            Thread.detachNewThread { [self] in
                // read(2), because FileHandle waits until its whole buffer is full.
                var buffer = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = read(descriptor, &buffer, buffer.count)
                    guard count > 0 else { break }
                    received(String(decoding: buffer[..<count], as: UTF8.self), index)
                }
                withExtendedLifetime(pipe) {}
                closed(index)
            }
        }
    }

    private func received(_ text: String, _ index: Int) {
        let woken = output.withLock { output in
            output.text[index, default: ""] += text
            let all = output.text.values
            var woken: [(CheckedContinuation<String?, Never>, String)] = []
            output.waiters.removeAll { waiter in
                guard let line = Self.line(with: waiter.needle, in: all) else { return false }
                woken.append((waiter.continuation, line))
                return true
            }
            return woken
        }
        for (continuation, line) in woken { continuation.resume(returning: line) }
    }

    private func closed(_ index: Int) {
        let waiters = output.withLock { output in
            output.open -= 1
            guard output.open == 0 else {
                return [] as [(needle: String, continuation: CheckedContinuation<String?, Never>)]
            }
            defer { output.waiters = [] }
            return output.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }

    /// A whole line, once it is there.
    private static func line(with needle: String, in texts: some Sequence<String>) -> String? {
        for text in texts {
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            where line.contains(needle) {
                return String(line)
            }
        }
        return nil
    }

    /// The first line that contains the words; nil where the process ended without it.
    func line(containing needle: String) async -> String? {
        await withCheckedContinuation { continuation in
            let answer: String?? = output.withLock { output in
                if let line = Self.line(with: needle, in: output.text.values) { return .some(line) }
                if output.open == 0 { return .some(nil) }
                output.waiters.append((needle, continuation))
                return .none
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    var identifier: Int32 { process.processIdentifier }

    /// All that it has said so far.
    var said: String { output.withLock { ($0.text[0] ?? "") + ($0.text[1] ?? "") } }

    func send(signal: Int32) { Glibc.kill(process.processIdentifier, signal) }

    /// Waits for its end.
    func end() async -> Ended {
        for await _ in ended {}
        process.waitUntilExit()
        // The readers have all there is when the pipes are closed.
        _ = await line(containing: "\u{0}never")
        let (out, errors) = output.withLock { ($0.text[0] ?? "", $0.text[1] ?? "") }
        let bySignal = process.terminationReason == .uncaughtSignal
        return Ended(
            status: process.terminationStatus, signal: bySignal ? process.terminationStatus : nil, output: out,
            errors: errors)
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], directory: String? = nil, input: String? = nil
    ) async throws -> Ended {
        await (try WeirProcess(arguments, environment: environment, directory: directory, input: input)).end()
    }
}

/// A folder that goes with the test.
func withTemporaryDirectory<R>(_ body: (String) async throws -> R) async throws -> R {
    let path = NSTemporaryDirectory() + "weir-story-" + UUID().uuidString.lowercased().prefix(13)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// The project's root: where fixtures/ lies.
let projectRoot: String = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/",
        !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path)
    {
        folder.deleteLastPathComponent()
    }
    return folder.path
}()
