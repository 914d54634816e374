import Foundation
import Testing

/// A folder with a key file, its passphrase and what else a test of keys writes.
struct KeyFolder: Sendable {
    static let passphrase = "correct horse battery staple"
    let path: String

    init(_ path: String) throws {
        self.path = path
        try write("pass", Self.passphrase + "\n")
    }

    var store: [String] { ["--store", "file:\(path)/keys", "--passphrase-file", "\(path)/pass"] }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    func weir(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil
    ) async throws -> WeirProcess.Ended {
        try await WeirProcess.run(arguments, environment: environment, directory: path, input: input)
    }

    /// It must work; gives what it printed.
    @discardableResult
    func succeed(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let ended = try await weir(arguments, environment: environment, input: input)
        #expect(ended.status == 0, "\(arguments): \(ended.errors)", sourceLocation: sourceLocation)
        return ended.output
    }

    /// It must end with that status, and say on standard error what is wrong.
    @discardableResult
    func fail(
        _ arguments: [String], status: Int32 = 1, saying words: String..., environment: [String: String] = [:],
        input: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> WeirProcess.Ended {
        let ended = try await weir(arguments, environment: environment, input: input)
        #expect(ended.status == status, "\(arguments): \(ended.errors)", sourceLocation: sourceLocation)
        for word in words {
            #expect(
                (ended.errors + ended.output).contains(word), "\(arguments) does not say \(word): \(ended.errors)",
                sourceLocation: sourceLocation)
        }
        return ended
    }
}

func withKeyFolder(_ body: (KeyFolder) async throws -> Void) async throws {
    try await withTemporaryDirectory { try await body(try KeyFolder($0)) }
}
