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

    private func check(_ tool: String, _ arguments: [String]) async throws -> ToolRun.Ended {
        try await ToolRun.run(["python3", try #require(Self.tools).appendingPathComponent(tool).path] + arguments)
    }

    @Test(.enabled(if: tools != nil && python, "needs ../shared/tools and python3"))
    func `every published vector agrees`() async throws {
        let result = try await check("check-vectors", [WeirProcess.path])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(.enabled(if: tools != nil && python, "needs ../shared/tools and python3"), arguments: ["story", "history"])
    func `a recording's owners are what the chain's scripts said`(name: String) async throws {
        let prefix = try #require(SharedFolder.recordings).appendingPathComponent(name).path
        let result = try await check("check-replay", [WeirProcess.path, prefix])
        #expect(result.status == 0, "\(result.output)")
    }
}
