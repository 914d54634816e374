import Foundation

/// A certificate authority, a server's and a client's certificate that it signed, made by the openssl tool: PEM text. Both
/// answer to `node.weir.test` and 127.0.0.1, for two days.
public struct TestAuthority: Sendable {
    public struct Identity: Sendable {
        public let certificate: String
        public let key: String
    }

    public let root: String
    public let server: Identity
    public let client: Identity

    /// The same for all tests of a process.
    public static let shared = Result { try TestAuthority() }

    private init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func openssl(_ arguments: String) throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
            process.currentDirectoryURL = folder
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw Peers.Failed(description: "openssl \(arguments): exit status \(process.terminationStatus)")
            }
        }
        func text(_ name: String) throws -> String {
            try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        try openssl("req -x509 \(key) -keyout ca.key -out ca.pem -days 2 -subj /CN=weir-test-authority")
        try "subjectAltName=DNS:node.weir.test,IP:127.0.0.1\n"
            .write(to: folder.appending(path: "ext"), atomically: true, encoding: .utf8)
        func identity(_ name: String) throws -> Identity {
            try openssl("req \(key) -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
            try openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -out \(name).pem -days 2 -extfile ext"
            )
            return Identity(certificate: try text("\(name).pem"), key: try text("\(name).key"))
        }
        (server, client) = (try identity("server"), try identity("client"))
        root = try text("ca.pem")
    }

    /// The same as files, for what takes paths. They go with the object: see `withExtendedLifetime`.
    public final class Files: Sendable {
        private let folder: URL

        public init(_ authority: TestAuthority) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "weir-tls-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (name, text) in [
                ("ca.pem", authority.root), ("server.pem", authority.server.certificate),
                ("server.key", authority.server.key), ("client.pem", authority.client.certificate),
                ("client.key", authority.client.key),
            ] {
                try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
            }
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        private func path(_ name: String) -> String { folder.appending(path: name).path }
        public var root: String { path("ca.pem") }
        public var server: (certificate: String, key: String) { (path("server.pem"), path("server.key")) }
        public var client: (certificate: String, key: String) { (path("client.pem"), path("client.key")) }
    }
}
