import Foundation
import TestSupport
import Testing

/// The passphrase typed at a terminal: asked for, and not shown.
@Suite(.timeLimit(.minutes(1)))
struct PromptTests {
    /// Runs a program on a terminal of its own, and answers each prompt as it comes.
    private static let program = #"""
        import json, os, pty, sys
        job = json.loads(sys.stdin.readline())
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(job["program"], [job["program"]] + job["arguments"], dict(os.environ, **job["environment"]))
        seen, answers = b"", list(job["answers"])
        while True:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
            if answers and seen.rstrip(b" ").endswith(b":"):
                os.write(terminal, answers.pop(0).encode())
        print(json.dumps({"seen": seen.decode(), "status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}))
        """#

    private struct Answer: Decodable {
        var seen: String
        var status: Int32
    }

    private func type(_ answers: [String], _ arguments: [String]) async throws -> Answer {
        struct Job: Encodable {
            var program: String
            var arguments: [String]
            var environment: [String: String]
            var answers: [String]
        }
        let job = Job(program: WeirProcess.path, arguments: arguments, environment: [:], answers: answers)
        let lines = try await Peers.answers(
            Self.program, lines: [String(decoding: try JSONEncoder().encode(job), as: UTF8.self)])
        return try JSONDecoder().decode(Answer.self, from: Data(lines[0].utf8))
    }

    @Test(.enabled(if: Peers.python != nil, "no peers"))
    func `a passphrase is asked for twice, shown never, and an interrupt leaves the terminal as it was`() async throws {
        try await withKeyFolder { folder in
            let store = ["--store", "file:\(folder.path)/keys"]
            let typed = KeyFolder.passphrase + "\n"
            let differing = try await type([typed, "other\n"], ["keys", "generate", "payer"] + store)
            #expect(differing.status == 2 && differing.seen.contains("not the same"))
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/keys"))

            let made = try await type([typed, typed], ["keys", "generate", "payer"] + store)
            #expect(made.status == 0, "\(made.seen)")
            #expect(made.seen.contains("Passphrase for the new key file") && made.seen.contains("ECDSA_secp256k1"))
            let listed = try await type([typed], ["keys", "list"] + store)
            #expect(listed.status == 0 && listed.seen.contains("payer"))
            // Mistyped, and corrected: a character, then the whole line.
            let corrected = try await type(
                ["nonsense\u{15}\(KeyFolder.passphrase)é\u{7f}\n"], ["keys", "list"] + store)
            #expect(corrected.status == 0, "\(corrected.seen)")
            let wrong = try await type(["wrong\n"], ["keys", "list"] + store)
            #expect(wrong.status == 1 && wrong.seen.contains("wrong passphrase"))
            let interrupted = try await type(["half\u{3}"], ["keys", "list"] + store)
            #expect(interrupted.status == 130)
            for answer in [differing, made, listed, wrong, interrupted] {
                #expect(SecretForms(word: KeyFolder.passphrase).find(in: answer.seen) == nil)
                #expect(!answer.seen.contains("half") && !answer.seen.contains("wrong\r"))
            }
            // A key too, where standard input is a terminal.
            let scalar = String(repeating: "1f", count: 32)
            let imported = try await type(
                [scalar + "\n"],
                ["keys", "import", "b", "--algorithm", "ECDSA_P256", "--passphrase-file", "\(folder.path)/pass"] + store
            )
            #expect(imported.status == 0 && !imported.seen.contains("1f1f1f1f"), "\(imported.seen)")
        }
    }
}
