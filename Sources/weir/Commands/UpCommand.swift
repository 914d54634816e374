import Daemon
import FoundationEssentials

extension Weir {
    static let upCommand = Command(
        "up", summary: "private Postgres, devnet, daemon and a story told on them",
        discussion: """
            Everything in one folder and one process, for a first look: nothing has to be set up. The next run goes on with the
            chain and the database of the last one, unless --fresh says otherwise. Ctrl-C stops everything.
            """,
        options: [
            .value("directory", "PATH", "where chain, keys and database are kept (default .weir)"),
            .flag("fresh", "begin with an empty chain and an empty database"),
            .flag("once", "end after the story"),
            .flag("quiet", "no story"),
            .value(
                "control-listen", "HOST:PORT",
                "the control port (default 127.0.0.1:8480, or any free port if it is taken)"),
            .value("block-time", "DURATION", "of the devnet (default 250ms)"),
            .value("grpc-port", "PORT", "of the devnet's gRPC; any free port by default"),
            .value("http-port", "PORT", "of the devnet's HTTP; any free port by default"),
            .value("recording", "PREFIX", "the recording that is replayed (default fixtures/recordings/story)"),
            .value("log-level", "LEVEL", "what the daemon says beside the story (default warning)"),
        ],
        examples: [
            .init("weir up", "tell the story and stay up"), .init("weir up --once --fresh", "from nothing, then exit"),
        ]
    ) { context in
        var playground = Playground(directory: context.option("directory") ?? ".weir", print: { context.print($0) })
        playground.isFresh = context.flag("fresh")
        playground.endsAfterStory = context.flag("once")
        playground.tellsStory = !context.flag("quiet")
        playground.control = try context.option("control-listen", as: .address)
        playground.blockTime =
            try context.option("block-time", as: .duration(.milliseconds(10) ... .seconds(60))) ?? .milliseconds(250)
        playground.grpcPort = try context.option("grpc-port", as: .port) ?? 0
        playground.httpPort = try context.option("http-port", as: .port) ?? 0
        playground.recording = context.option("recording") ?? "fixtures/recordings/story"
        playground.logLevel = try context.option("log-level", as: .logLevel) ?? .warning
        try await playground.run()
    }
}
