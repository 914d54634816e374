import Encoding
import HTTP

/// A value of the HTTP API, read from JSON. Reading is strict on lengths, digits, names and on what must be there;
/// members that are not known are skipped, as a later node may send more.
protocol HTTPBody {
    init(from scanner: inout JSONScanner) throws
}

/// What is wrong with a body, and where: `$[3].header.height: expected … at byte 118`.
struct BodyError: Error, Hashable, CustomStringConvertible {
    /// Without the root: `[3].header.height`.
    var path: String
    var reason: String

    init(_ reason: String, path: String = "") {
        self.path = path
        // Reasons repeat what the peer sent, which has no bounds.
        self.reason = String(reason.prefix(200))
    }

    /// The same one step further up.
    init(_ error: any Error, under step: @autoclosure () -> String) {
        switch error {
        case let error as BodyError: self.init(error.reason, path: step() + error.path)
        default: self.init(String(describing: error), path: step())
        }
    }

    var description: String { "$\(path): \(reason)" }
}

/// A whole body.
enum HTTPBodies {
    /// - Throws: `BodyError`.
    static func read<Value>(_ body: [UInt8], _ read: (inout JSONScanner) throws -> Value) throws -> Value {
        try body.withUnsafeBytes { try Self.read($0, read) }
    }

    static func read<Value>(_ bytes: UnsafeRawBufferPointer, _ read: (inout JSONScanner) throws -> Value) throws
        -> Value
    {
        var scanner = JSONScanner(bytes)
        do {
            let value = try read(&scanner)
            try scanner.end()
            return value
        } catch {
            throw BodyError(error, under: "")
        }
    }
}
