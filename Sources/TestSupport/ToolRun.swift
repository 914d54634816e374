public import Foundation

/// A program that is run to its end while other tests go on: reading blocks a thread of its own.
public enum ToolRun {
    public struct Ended: Sendable {
        public var status: Int32
        /// Standard output and standard error, as they came.
        public var output: String
    }

    public static func run(_ arguments: [String], in folder: URL? = nil) async throws -> Ended {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try process.run()
                    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
                    process.waitUntilExit()
                    continuation.resume(
                        returning: Ended(
                            status: process.terminationStatus, output: String(decoding: data, as: UTF8.self)))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
