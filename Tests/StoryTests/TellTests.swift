import Foundation
import Testing

/// `weir up`, as `make run` calls it.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct TellTests {
    @Test func `the story is told from nothing, once more on what it left, and from nothing again`() async throws {
        try await withTemporaryDirectory { directory in
            var keys: [Data?] = []
            for arguments in [["--fresh"], [], ["--fresh"]] {
                let ended = try await WeirProcess.run(
                    [
                        "up", "--once", "--block-time", "50ms", "--directory", directory, "--recording",
                        projectRoot + "/fixtures/recordings/story",
                    ] + arguments, directory: directory)
                #expect(ended.status == 0, "\(ended.output.suffix(1000))\n\(ended.errors.suffix(1000))")
                for words in ["4 txs", "owners compared, 0 differ", "455 of 455 answers", "The control port is at"] {
                    #expect(ended.output.contains(words), "\(words) is not in the story: \(ended.output)")
                }
                let file = directory + "/keys.json"
                #expect(
                    try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
                keys.append(FileManager.default.contents(atPath: file))
            }
            // The chain goes on with the keys that it began with.
            #expect(keys.count == 3)
            #expect(keys[0] != nil && keys[0] == keys[1])
        }
    }
}
