import CMeasure
import Glibc

// Every figure that was promised, beside what it is compared with in the same run. Each family is a file that adds its list.
let figures = [
    CadenceFigures.all, SignerFigures.all, TransportFigures.all, DevnetFigures.all, IndexerFigures.all, PlatformFigures.all,
    MemoryFigures.all,
].flatMap { $0 }

let help = """
    Bench: speed and memory, beside peers and bare libraries in the same run

    Usage: Bench [NAME …] [--json] [--check] [--list]

      NAME       the figures whose names begin so; all where there is none
      --json     one object a line
      --check    exit 1 where a target is missed (and, with WEIR_REQUIRE_PEERS=1, where a peer is absent)
      --list     the figures, what they measure and what they must reach

    Examples:
      make bench                          build it, install the peers, measure all
      .build/release/Bench signer         only the signer's figures
      .build/release/Bench --check        for a machine that decides by the exit status

    Peers come from PyPI into .build-venv (scripts/peers). Both sides compute on the same core, in turns;
    what has a database and sockets around it has the whole machine.
    """

let arguments = CommandLine.arguments.dropFirst()
if let place = arguments.first.flatMap(BenchServer.Place.init), let core = arguments.last.flatMap({ Int32($0) }) {
    try await BenchServer.serve(place, core: core)
}
if arguments.contains("--help") || arguments.contains("-h") {
    print(help)
    exit(0)
}
if arguments.contains("--list") {
    for figure in figures { print("\(figure.name)\n    \(figure.meaning)\(figure.target.map { ", \($0)" } ?? "")") }
    exit(0)
}
for flag in arguments where flag.hasPrefix("-") && !["--json", "--check"].contains(flag) {
    Output.error("Bench: unknown option \(flag)\n\(help)\n")
    exit(2)
}
let wanted = arguments.filter { !$0.hasPrefix("-") }
for name in wanted where !figures.contains(where: { $0.name.hasPrefix(name) }) {
    Output.error("Bench: no figure begins with \(name); there are: \(figures.map(\.name).joined(separator: ", "))\n")
    exit(2)
}
let chosen = figures.filter { figure in wanted.isEmpty || wanted.contains { figure.name.hasPrefix($0) } }

let tools = Tools(core: weir_first_core())
var report = Report(asJSON: arguments.contains("--json"))
let start = ContinuousClock.now
report.header()
for (at, figure) in chosen.enumerated() {
    report.begin(figure, at + 1, of: chosen.count)
    Cores.keep(on: figure.cores == .one ? tools.core : nil)
    report.add(figure, try await figure.measure(tools))
}
report.end(seconds: (ContinuousClock.now - start) / .seconds(1))
tools.end()
let peersRequired = getenv("WEIR_REQUIRE_PEERS").map { String(cString: $0) } == "1"
if arguments.contains("--check"), !report.missed.isEmpty || (peersRequired && !report.skipped.isEmpty) { exit(1) }
