import Foundation
import TestSupport
import Testing

/// The published vectors, and recordings that are not part of the project, through the program itself. They lie beside the
/// project; where they do not, these tests say so and are skipped.
@Suite(.timeLimit(.minutes(10)))
struct VectorTests {
    private static let tools = SharedFolder.folder("tools")
    private static let python =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
        || ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: $0 + "/python3")
        } == true

    private func check(_ tool: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", try #require(Self.tools).appendingPathComponent(tool).path] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    @Test(.enabled(if: tools != nil && python, "needs ../shared/tools and python3"))
    func `every published vector agrees`() throws {
        let result = try check("check-vectors", [WeirProcess.path])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(.enabled(if: tools != nil && python, "needs ../shared/tools and python3"), arguments: ["story", "history"])
    func `a recording's owners are what the chain's scripts said`(name: String) throws {
        let prefix = try #require(SharedFolder.recordings).appendingPathComponent(name).path
        let result = try check("check-replay", [WeirProcess.path, prefix])
        #expect(result.status == 0, "\(result.output)")
    }
}
