import Encoding
import FlowClient

/// One operation of `weir pipe`: a JSON value in, a JSON value out, or an error that says what is wrong and where.
struct PipeOperation: Sendable {
    let name: String
    let run: @Sendable (JSON) throws -> JSON

    init(_ name: String, run: @escaping @Sendable (JSON) throws -> JSON) {
        self.name = name
        self.run = run
    }
}

/// The operations, in lists by who knows them.
enum PipeOperations {}

/// Answers lines: one JSON value a line in, and in the same order one line each out, `{"ok": …}` or `{"error": …}`.
struct PipeRunner: Sendable {
    private let operations: [PipeOperation]

    init(_ operations: [PipeOperation]) { self.operations = operations }

    var names: [String] { operations.map(\.name) }

    /// Reads lines until `read` gives no more bytes (it gives an empty array at the end), and writes one answer to each line that holds
    /// more than spaces. A bad line never ends the run.
    /// - Returns: the exit status: 0, or 2 where there is no such operation, or input or output failed.
    func run(
        _ name: String, read: () throws -> [UInt8], write: ([UInt8]) throws -> Void, complain: (String) -> Void
    ) -> Int32 {
        guard let operation = operations.first(where: { $0.name == name }) else {
            complain("there is no operation \(name); there are: \(names.joined(separator: ", "))\n")
            return 2
        }
        do {
            var pending: [UInt8] = []
            while true {
                let chunk = try read()
                var start = chunk.startIndex
                var answers: [UInt8] = []
                while let newline = chunk[start...].firstIndex(of: 0x0A) {
                    pending.append(contentsOf: chunk[start..<newline])
                    PipeRunner.answer(pending, operation, &answers)
                    pending.removeAll(keepingCapacity: true)
                    start = newline + 1
                }
                pending.append(contentsOf: chunk[start...])
                if chunk.isEmpty { PipeRunner.answer(pending, operation, &answers) }
                if !answers.isEmpty { try write(answers) }
                if chunk.isEmpty { return 0 }
            }
        } catch {
            complain("\(error)\n")
            return 2
        }
    }

    private static func answer(_ line: [UInt8], _ operation: PipeOperation, _ out: inout [UInt8]) {
        guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { return }
        let answer: JSON
        do {
            let input: JSON
            do { input = try JSON(parsing: line, surrogates: .replaced) } catch { throw PipeError("no JSON: \(error)") }
            answer = ["ok": try operation.run(input)]
        } catch {
            answer = ["error": .string("\(error)")]
        }
        out.append(contentsOf: answer.bytes)
        out.append(0x0A)
    }
}
