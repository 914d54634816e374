import Encoding
import Secrets
import Synchronization
import Testing

@testable import Daemon

private final class Outcome: Sendable {
    let text = Mutex((standard: "", error: ""))
    var output: ProgramOutput {
        ProgramOutput(
            standard: { said in self.text.withLock { $0.standard += said } },
            error: { said in self.text.withLock { $0.error += said } })
    }
}

private let port = Setting("server.port", .port, default: 80, "The port.")

private let program = CommandLineProgram(
    name: "weir", summary: "a river gauge", version: "1.2.3",
    commands: [
        Command("run", summary: "the daemon", usesConfiguration: true) { context in
            context.print("port \(try context.loadConfiguration()[port])")
        },
        Command(
            "replay", summary: "index a recording", arguments: [.required("PREFIX", "path")],
            options: [
                .value("at", short: "a", "HEIGHT", "height", repeats: true), .flag("json", short: "j", "as JSON"),
                .value("wait", "DURATION", "how long"),
            ], examples: [.init("weir replay x --at 1", "owners at 1")]
        ) { context in
            let wait = try context.option("wait", as: .duration())
            context.print(
                "\(context.argument("PREFIX")) \(context.options("at")) \(context.flag("json")) \(wait.map { "\($0)" } ?? "-")"
            )
        },
        Command("flow head", summary: "the head", arguments: [.rest("NODE", "nodes")]) { context in
            context.print("head \(context.rest("NODE"))")
        },
        Command("flow block", summary: "a block", arguments: [.optional("HEIGHT", "height")]) { context in
            context.print("block \(context.optionalArgument("HEIGHT") ?? "latest")")
        },
        Command("fail", summary: "fails") { _ in throw SettingProblem("no luck") },
        Command("quiet", summary: "ends with its own code") { _ in throw ExitCode(rawValue: 9) },
    ], configuration: ConfigurationTable([port]))

private func run(_ line: String, environment: ProcessEnvironment = [:]) async -> (
    code: Int32, standard: String, error: String
) {
    let outcome = Outcome()
    let words = line.split(separator: " ").map(String.init)
    let code = await program.run(words, environment: environment, output: outcome.output)
    return outcome.text.withLock { (code.rawValue, $0.standard, $0.error) }
}

struct CommandLineTests {
    @Test(arguments: [
        ("replay x --at 1 --at=2 -j", "x [\"1\", \"2\"] true -\n"),
        ("replay -a 3 --wait 5s x", "x [\"3\"] false 5.0 seconds\n"),
        ("replay -- --at", "--at [] false -\n"), ("flow head a b", "head [\"a\", \"b\"]\n"), ("flow head", "head []\n"),
        ("flow block", "block latest\n"), ("flow block -5", "block -5\n"), ("run --server-port 7", "port 7\n"),
        ("run --server.port=8", "port 8\n"), ("replay -", "- [] false -\n"),
    ])
    func `words reach the command`(line: String, says: String) async {
        let outcome = await run(line)
        #expect(outcome == (0, says, ""))
    }

    @Test(arguments: [
        ("replya x", "unknown command \"replya\". Did you mean replay?"), ("flow heat", "Did you mean flow head?"),
        ("replay", "PREFIX is missing: path"), ("replay x y", "unexpected argument \"y\""),
        ("replay x --jsno", "unknown option --jsno. Did you mean --json?"),
        ("replay x --at", "--at needs a value: HEIGHT"),
        ("replay x --at --json", "--at needs a value"), ("replay x --json=1", "--json takes no value"),
        ("replay x --wait 1s --wait 2s", "--wait is given twice"),
        ("replay x --wait soon", "--wait: expected a duration"),
        ("run --server-prot 7", "Did you mean --server-port?"), ("replay x --server-port 7", "unknown option"),
    ])
    func `what is wrong with a line is said on standard error, with exit code 2`(line: String, says: String) async {
        let outcome = await run(line)
        #expect(outcome.code == 2)
        #expect(outcome.error.contains(says), "\(outcome.error)")
        #expect(outcome.error.contains("See: weir help"))
        #expect(outcome.standard.isEmpty)
    }

    @Test func `failures end with 1, wrong configuration with 78, and a command's own code is kept`() async {
        #expect(await run("fail").code == 1)
        #expect(await run("quiet").code == 9)
        let wrong = await run(
            "run --server-port 99999999", environment: ["WEIR_SERVER_PROT": "1", "WEIR_CONFIG": "/nonexistent.yaml"])
        #expect(wrong.code == 78)
        #expect(wrong.error.contains("3 mistakes"))
        for word in ["--server-port", "WEIR_SERVER_PROT", "/nonexistent.yaml"] { #expect(wrong.error.contains(word)) }
    }

    @Test func `help lists all, one, or a group, with examples`() async {
        for line in ["", "help", "--help", "-h"] {
            let all = await run(line)
            #expect(all.code == 0)
            for command in program.commands { #expect(all.standard.contains(command.name)) }
        }
        for line in ["help replay", "replay --help", "replay x -h"] {
            let one = await run(line)
            #expect(one.standard.contains("Usage: weir replay [options] PREFIX"))
            #expect(one.standard.contains("-a, --at HEIGHT …"))
            #expect(one.standard.contains("weir replay x --at 1"))
        }
        for line in ["flow", "help flow"] {
            let group = await run(line)
            #expect(group.code == 0)
            #expect(group.standard.contains("flow block") && !group.standard.contains("replay"))
        }
        #expect(await run("run --help").standard.contains("--server-port"))
        #expect(await run("--version").standard == "weir 1.2.3\n")
        #expect(await run("replay -- --help").standard == "--help [] false -\n")
    }
}

struct ProgressTests {
    @Test func `rate and remaining time follow what was done`() {
        var progress = Progress(total: 1000, now: .zero)
        #expect(progress.remaining == nil)
        progress.update(done: 100, now: .seconds(1))
        #expect(progress.rate == 100)
        #expect(progress.remaining == .seconds(9))
        progress.update(done: 1000, now: .seconds(10))
        #expect(progress.remaining == .zero)
        #expect(progress.summary().hasPrefix("1000/1000  100 %"))
    }

    @Test func `work that goes back or stands still gives no nonsense`() {
        var progress = Progress(total: 10, now: .zero)
        progress.update(done: 5, now: .zero)
        progress.update(done: 2, now: .seconds(1))
        #expect(progress.rate == 0)
        #expect(progress.remaining == nil)
        progress.update(done: 20, now: .seconds(2))
        #expect(progress.remaining == .zero)
        #expect(progress.summary().contains("100 %"))
        var empty = Progress(total: 0, now: .zero)
        empty.update(done: 0, now: .seconds(1))
        #expect(empty.bar(width: 60).contains("100 %"))
        #expect(Progress(total: .max, now: .zero).bar(width: 20).count <= 20)
    }

    @Test(arguments: [true, false]) func `a terminal is painted ten times a second, elsewhere a line comes every five`(
        isTerminal: Bool
    ) {
        let written = Mutex<[String]>([])
        let now = Mutex(Duration.zero)
        let reporter = ProgressReporter(
            "blocks", total: 1000, unit: "", isTerminal: isTerminal, now: { now.withLock { $0 } },
            write: { text in written.withLock { $0.append(text) } })
        for step in 1...1000 {
            now.withLock { $0 = .milliseconds(step * 10) }
            reporter.update(done: UInt64(step))
        }
        reporter.finish()
        let lines = written.withLock { $0 }
        #expect(isTerminal ? (95...105).contains(lines.count) : lines.count == 3)
        #expect(lines.allSatisfy { isTerminal ? $0.hasPrefix("\r") : $0.hasSuffix("\n") })
        #expect(lines.last?.hasSuffix("\n") == true)
        #expect(lines.last?.contains("1000/1000") == true)
    }
}
