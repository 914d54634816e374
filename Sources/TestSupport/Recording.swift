import CZlib
public import Foundation
import Glibc
package import Recordings

/// Recorded bytes from fixtures/recordings.
public struct Recording: Sendable {
    public let name: String

    public init(_ name: String) { self.name = name }

    /// Every exchange, in order.
    package func exchanges() throws -> [RecordedExchange] {
        try RecordedExchange.read([UInt8](Fixtures.read("recordings/\(name).jsonl.gz"))).map { $0.exchange }
    }

    /// The same transactions in words, one JSON object each.
    public func story() throws -> [Data] { try lines("\(name).story.jsonl.gz") }
    /// What the node's own scripts said at some heights: JSON.
    public func truth() throws -> Data { try Fixtures.read("recordings/\(name).truth.json") }
    /// Accounts, keys, contract addresses, flags: JSON.
    public func accounts() throws -> Data { try Fixtures.read("recordings/\(name).accounts.json") }

    private func lines(_ file: String) throws -> [Data] {
        try Fixtures.gunzip("recordings/\(file)").split(separator: UInt8(ascii: "\n")).map { Data($0) }
    }
}

/// Files of the project's fixtures folder.
public enum Fixtures {
    public struct Unreadable: Error, CustomStringConvertible {
        public var description: String
    }

    /// The project's root: four folders above this file.
    public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    public static func url(_ path: String) -> URL {
        root.appendingPathComponent("fixtures").appendingPathComponent(path)
    }

    public static func read(_ path: String) throws -> Data { try Data(contentsOf: url(path)) }

    /// The bytes of a gzip file.
    public static func gunzip(_ path: String) throws -> Data { try gunzip(at: url(path)) }

    public static func gunzip(at url: URL) throws -> Data {
        guard let file = gzopen(url.path, "rb") else { throw Unreadable(description: "cannot open \(url.path)") }
        defer { gzclose(file) }
        var all = Data()
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = gzread(file, &chunk, UInt32(chunk.count))
            guard count >= 0 else { throw Unreadable(description: "\(url.path) is not gzip, or is cut off") }
            if count == 0 { break }
            all.append(contentsOf: chunk[..<Int(count)])
        }
        // A file that ends too early reads like a short one; only the error tells.
        var code: Int32 = 0
        gzerror(file, &code)
        guard code == Z_OK || code == Z_STREAM_END else { throw Unreadable(description: "\(url.path) is cut off") }
        return all
    }
}

/// The folder beside the project with vectors and recordings that are not part of it. Absent on most machines.
public enum SharedFolder {
    /// `../shared`, or where WEIR_SHARED points.
    public static let url: URL? = {
        let place =
            ProcessInfo.processInfo.environment["WEIR_SHARED"].map { URL(fileURLWithPath: $0) }
            ?? Fixtures.root.deletingLastPathComponent().appendingPathComponent("shared")
        return FileManager.default.fileExists(atPath: place.path) ? place : nil
    }()

    public static var vectors: URL? { folder("vectors") }
    public static var recordings: URL? { folder("recordings") }

    /// A folder in it. Says on standard error that tests are skipped where it is not there.
    public static func folder(_ name: String) -> URL? {
        if let place = url?.appendingPathComponent(name), FileManager.default.fileExists(atPath: place.path) {
            return place
        }
        let line = "SKIPPED: no shared folder with \(name): set WEIR_SHARED or put it beside the project as ../shared\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
        return nil
    }
}
