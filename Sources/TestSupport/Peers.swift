public import Foundation
import Glibc

/// Other implementations from PyPI, in .build-venv (`scripts/peers` makes it). Absent where Python or a package index is.
public enum Peers {
    /// The Python that has them. Says on standard error that tests are skipped where there is none; with
    /// WEIR_REQUIRE_PEERS=1 that ends the run instead.
    public static let python: URL? = {
        let place = Fixtures.root.appendingPathComponent(".build-venv/bin/python")
        if FileManager.default.isExecutableFile(atPath: place.path) { return place }
        let line = "SKIPPED: no .build-venv with flow-py-sdk, grpcio and moto: run scripts/peers\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
        precondition(
            ProcessInfo.processInfo.environment["WEIR_REQUIRE_PEERS"] != "1", "peers are required, and there are none")
        return nil
    }()

    public struct Failed: Error, CustomStringConvertible {
        public var description: String
        public init(description: String) { self.description = description }
    }

    /// Runs a Python program and gives it one JSON value a line; it answers each with one line, in order.
    public static func answers(_ program: String, lines: [String]) async throws -> [String] {
        guard let python else { throw Failed(description: "there is no Python") }
        let process = Process()
        process.executableURL = python
        process.arguments = ["-c", program]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.standardError
        let text = lines.map { $0 + "\n" }.joined()
        let data: Data = try await withCheckedThrowingContinuation { continuation in
            // Reading blocks until the program ends: a thread of its own.
            Thread.detachNewThread {
                do {
                    try process.run()
                    Thread.detachNewThread {
                        try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
                        try? input.fileHandleForWriting.close()
                    }
                    let data = try output.fileHandleForReading.readToEnd() ?? Data()
                    process.waitUntilExit()
                    continuation.resume(returning: data)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
        let answers = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        guard process.terminationStatus == 0, answers.count == lines.count else {
            throw Failed(
                description:
                    "the program answered \(answers.count) of \(lines.count) lines, exit \(process.terminationStatus)")
        }
        return answers
    }
}
