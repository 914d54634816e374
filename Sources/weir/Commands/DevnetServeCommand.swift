import AccessServing
import Daemon
import FlowClient
import FoundationEssentials
import Indexer

extension Weir {
    static let devnetServeCommand = Command(
        "devnet serve", summary: "serve the blocks of a recording as they were, over gRPC and HTTP, on loopback",
        discussion: """
            The recorded chain's own ids, times and events: blocks, headers, results and ranges of events, and nothing else. What \
            was not recorded is NOT_FOUND, what a recording can't tell UNIMPLEMENTED.
            """,
        arguments: [.required("RECORDING", "a recording, such as fixtures/recordings/history.jsonl.gz")],
        options: [
            .value("port", "PORT", "where to listen for gRPC; any free port by default"),
            .value("http-port", "PORT", "where to listen for HTTP; any free port by default"),
        ],
        examples: [
            .init("weir devnet serve fixtures/recordings/history.jsonl.gz --port 3569", "for whoever reads chains")
        ]
    ) { context in
        let path = context.argument("RECORDING")
        guard let file = FileManager.default.contents(atPath: path) else {
            throw UsageError("\(path) can't be read: is it there?")
        }
        let node = try RecordedNode(recording: [UInt8](file))
        let logger = Logger(sink: StandardErrorLogSink())
        let grpc = AccessServer(api: node, port: try context.option("port", as: .port) ?? 0, logger: logger)
        let http = HTTPAccessServer(api: node, port: try context.option("http-port", as: .port) ?? 0, logger: logger)
        let port = try grpc.start()
        try await http.start()
        context.print("grpc://127.0.0.1:\(port) heights \(node.first) to \(node.last)")
        context.print("http://127.0.0.1:\(http.port ?? 0)/v1")
        try await ServiceGroup([grpc, http], logger: logger).run()
    }
}
