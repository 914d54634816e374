import Foundation
import Synchronization

/// A program run to its end, without blocking a thread of the cooperative pool.
enum Subprocess {
    struct Outcome: Sendable {
        var status: Int32
        /// Standard output and standard error, as they came.
        var output: String
    }

    static func run(_ command: [String]) async throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        return try await withCheckedThrowingContinuation { continuation in
            // Its own thread: reading to the end and waiting both block.
            Thread.detachNewThread {
                do {
                    try process.run()
                } catch {
                    return continuation.resume(throwing: error)
                }
                let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(
                    returning: Outcome(
                        status: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self)))
            }
        }
    }
}
