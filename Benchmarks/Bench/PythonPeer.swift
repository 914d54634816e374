import Foundation
import TestSupport

/// Benchmarks/peers/peer.py in the Python that has flow-py-sdk and grpcio: one request a line, one rate a line back. Its
/// process waits in silence while ours is measured.
final class PythonPeer: @unchecked Sendable {
    // Sendable because the figures are measured one after the other.
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var pending = [UInt8]()
    /// `flow-py-sdk 2.0.2`
    private(set) var sdk = ""
    /// `grpcio 1.85.1`
    private(set) var grpc = ""

    struct Failed: Error, CustomStringConvertible { var description: String }

    /// Nil where there is no such Python; `Peers` has said so.
    init?() throws {
        guard let python = Peers.python else { return nil }
        process.executableURL = python
        process.arguments = [Fixtures.root.appendingPathComponent("Benchmarks/peers/peer.py").path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let versions = try JSONDecoder().decode([String: String].self, from: answer(#"{"job":"versions"}"#))
        sdk = "flow-py-sdk \(versions["flow-py-sdk"] ?? "?")"
        grpc = "grpcio \(versions["grpcio"] ?? "?")"
    }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    struct Request: Encodable {
        var job: String
        var seconds = 0.0
        /// Of decode: JSON-CDC as hex, one after the other.
        var payloads: [String]?
        /// Of transaction.
        var account: String?
        var script: String?
        var text: String?
        var number: UInt64?
        /// Hex; without it nothing is signed.
        var scalar: String?
        /// Of unary.
        var target: String?
        var method: String?
        var message: String?
        var atOnce: Int?
    }

    /// How often a second the job was done.
    func rate(_ request: Request, seconds: Double) throws -> Double {
        var request = request
        request.seconds = seconds
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        struct Answer: Decodable { var rate: Double }
        let line = String(decoding: try encoder.encode(request), as: UTF8.self)
        return try JSONDecoder().decode(Answer.self, from: answer(line)).rate
    }

    private func answer(_ line: String) throws -> Data {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending.removeSubrange(...end) }
                return Data(pending[..<end])
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                throw Failed(description: "Benchmarks/peers/peer.py ended; what it said is above")
            }
            pending += more
        }
    }
}
