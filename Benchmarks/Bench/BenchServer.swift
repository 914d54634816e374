import AccessServing
import CMeasure
import Devnet
import FlowClient
import Foundation
import Signer

/// A devnet behind gRPC in a process of its own, which both sides of a figure call: this program, started again.
final class BenchServer {
    let port: Int
    private let process = Process()
    private let input = Pipe()

    struct Failed: Error, CustomStringConvertible { var description: String }

    /// Whether it computes where those who call it do. One that shares their core only answers while they wait.
    enum Place: String {
        case onOurCore = "--serve-on-core"
        case onAnotherCore = "--serve-off-core"
        /// A devnet that makes blocks, and one with a history, on another core.
        case devnet = "--serve-devnet"
        case devnetHistory = "--serve-history"
    }

    init(_ place: Place, core: Int32) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [place.rawValue, "\(core)"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .newlines)) else {
            throw Failed(description: "the server's process did not start; what it said is above")
        }
        self.port = port
    }

    var target: String { "127.0.0.1:\(port)" }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    // MARK: In that process

    /// Serves until standard input ends.
    static func serve(_ place: Place, core: Int32) async throws -> Never {
        switch place {
        case .onOurCore: _ = weir_thread_on(0, core)
        // Where there is one core only, all share it.
        case .onAnotherCore, .devnet, .devnetHistory: _ = weir_keep_off(core)
        }
        let key = try PrivateKey(algorithm: .ecdsaP256, scalar: [UInt8](repeating: 7, count: 32))
        let making: DevnetConfiguration.BlockMaking = place == .devnet ? .paced(.milliseconds(50)) : .onDemand
        let node = try DevnetNode(configuration: .init(servicePublicKey: key.publicKey, blockMaking: making))
        if place == .devnetHistory {
            try node.generate(HistoryPlan("tokens=160000,transfers=0,per-block=40"))
        } else {
            node.makeBlocks(3)
        }
        if place == .devnet { Task { try await node.run() } }
        let server = AccessServer(api: node)
        Output.standard("\(try server.start())\n")
        Thread.detachNewThread {
            _ = try? FileHandle.standardInput.readToEnd()
            exit(0)
        }
        try await server.run()
        exit(1)
    }
}
