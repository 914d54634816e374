import Encoding
import Foundation
import HTTP
import TestSupport
import Testing

/// docs/networks.md, word by word, on a bare chain.
@Suite(.timeLimit(.minutes(3)))
struct NetworksTests {
    @Test func `the commands of docs/networks.md lead from nothing to a first airdrop`() async throws {
        try await withTemporaryDirectory { folder in
            let page = try String(contentsOfFile: projectRoot + "/docs/networks.md", encoding: .utf8)
            let block = try #require(page.firstMatch(of: /```sh\n((?:.|\n)*?)```/)).1
            let lines = block.split(separator: "\n").map(String.init)
            // An export or two, then ten commands at most that do something.
            #expect(lines.filter { !$0.hasPrefix("export WEIR_FLOW") }.count <= 10)

            let devnet = try WeirProcess(
                ["devnet", "--journal", "chain.log", "--block-time", "100ms"], directory: folder)
            let address = try #require(await devnet.line(containing: "grpc://127.0.0.1:"))
            let port = try #require(address.firstMatch(of: /grpc:\/\/127\.0\.0\.1:([0-9]+)/)).1
            _ = await devnet.line(containing: "private key")
            try "one two three\n".write(toFile: folder + "/passphrase", atomically: true, encoding: .utf8)
            let control = try Self.freePort()
            var script = "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
            for line in lines {
                var line = line.replacing("127.0.0.1:3569", with: "127.0.0.1:\(port)")
                    .replacing("127.0.0.1:8480", with: "127.0.0.1:\(control)")
                if line.hasPrefix("weir run") { line = "weir run --control-listen 127.0.0.1:\(control) 2>daemon.log &" }
                guard line.hasPrefix("curl") else {
                    script += line + "\n"
                    continue
                }
                // What builds on it waits for it.
                script +=
                    "answer=$(\(line))\necho \"$answer\" | grep -q '\"id\"' || echo \"$answer\"\nid=$(echo \"$answer\" | sed -n 's/.*\"id\":\"\\([a-z0-9]*\\)\".*/\\1/p')\n"
                script +=
                    "curl -sS \"http://127.0.0.1:\(control)/v1/operations/$id?wait=30\" | grep -o '\"outcome\":\"[a-z]*\"'\n"
            }
            script += "weir contracts check\n"
            let ended = try await Self.bash(
                script, in: folder,
                [
                    "WEIR_DATABASE_URL": try await TestPostgres.makeConnectionString(migrated: false),
                    "PATH": URL(fileURLWithPath: WeirProcess.path).deletingLastPathComponent().path + ":/usr/bin:/bin",
                    "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
                ])
            let log = (try? String(contentsOfFile: folder + "/daemon.log", encoding: .utf8)) ?? ""
            #expect(ended.status == 0, "\(ended.output)\n\(log.suffix(2000))")
            #expect(
                ended.output.components(separatedBy: "\"outcome\":\"done\"").count == 5,
                "\(ended.output)\n\(log.suffix(2000))")
            for name in ["NovaBrand", "NovaPass", "NovaCollectible"] {
                #expect(ended.output.contains("\(name) is the same"))
            }
            devnet.send(signal: SIGTERM)
            _ = await devnet.end()
        }
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(bound)
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    private static func bash(
        _ script: String, in folder: String, _ environment: [String: String]
    ) async throws -> (status: Int32, output: String) {
        try script.write(toFile: folder + "/commands.sh", atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["commands.sh"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = environment.merging(["HOME": folder]) { $1 }
        let output = folder + "/output"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let handle = try #require(FileHandle(forWritingAtPath: output))
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        let (ended, continuation) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
        var status: Int32 = -1
        for await code in ended { status = code }
        return (status, try String(contentsOfFile: output, encoding: .utf8))
    }
}
