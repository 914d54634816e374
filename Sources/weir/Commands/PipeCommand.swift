import Daemon
import Encoding
import FlowClient
import Glibc

extension Weir {
    /// Every operation, from whichever module knows it.
    static let pipeOperations = PipeRunner(
        PipeOperations.cadence + PipeOperations.transactions + PipeOperations.signing)

    static let pipeCommand = Command(
        "pipe", summary: "bulk work on lines: one JSON value a line in, one answer a line out",
        discussion: """
            Each answer is {"ok": …} or {"error": …}, in the order of the lines. A bad line never ends the run; an unreadable input or \
            an unknown operation does (exit status 2). Operations: \(pipeOperations.names.joined(separator: ", ")). \
            decode-json takes a string of JSON-CDC, or {"text": …, "decoderOption": "backwardsCompatibility"} for values as they were \
            written before Cadence 1.0.
            """,
        arguments: [.required("OPERATION", "what to do with each line")],
        examples: [
            .init(
                #"echo '"{\"type\":\"Bool\",\"value\":true}"' | weir pipe decode-json"#, "the canonical form of a value"
            )
        ]
    ) { context in
        let status = pipeOperations.run(
            context.argument("OPERATION"), read: { try readSome(0) }, write: { try writeAll(1, $0) },
            complain: { context.printError(String($0.dropLast())) })
        if status != 0 { throw ExitCode(rawValue: status) }
    }

    /// What standard input has next; empty at its end.
    private static func readSome(_ file: CInt) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            while true {
                let read = Glibc.read(file, buffer.baseAddress, buffer.count)
                if read >= 0 {
                    count = read
                    return
                }
                if errno != EINTR { throw PipeError("input: \(String(cString: strerror(errno)))") }
            }
        }
    }

    private static func writeAll(_ file: CInt, _ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                throw PipeError("output: \(String(cString: strerror(errno)))")
            }
        }
    }
}
