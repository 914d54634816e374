import Foundation

/// moto (PyPI): AWS KMS as a server on loopback. It lives as long as its standard input is open.
///
/// moto hashes a DIGEST once more, as if it were a message; AWS does not, so that method of its is replaced. It takes
/// any Authorization; botocore's own is what ours is compared with.
public final class MotoServer: Sendable {
    private static let program = #"""
        import sys
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
        from moto.kms import utils
        from moto.server import ThreadedMotoServer
        utils.ECDSAPrivateKey.sign = lambda key, message, algorithm: key.private_key.sign(message, ec.ECDSA(Prehashed(hashes.SHA256())))
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        print(server.get_host_and_port()[1], flush=True)
        sys.stdin.read()
        """#

    public let port: Int
    private let process: Process
    private let input: Pipe

    public init() async throws {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = Peers.python
        process.arguments = ["-c", Self.program]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        self.process = process
        self.input = input
        port = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try process.run()
                    // One line, written at once.
                    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
                    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                        throw Peers.Failed(description: "moto said \(line) instead of its port")
                    }
                    continuation.resume(returning: port)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
