import Foundation
import GRPC
import TestSupport
import Testing

@testable import FlowClient

/// Sets every field of a message to something, so that nothing is left out when it is encoded.
struct Filler: ProtobufFieldVisitor {
    let depth: Int
    let seed: UInt8

    static func filled<M: ProtobufMessage>(_ type: M.Type, depth: Int = 0, seed: UInt8 = 1) -> M {
        var message = M()
        var filler = Filler(depth: depth, seed: seed)
        try! message.fields(&filler)
        return message
    }

    private func value<T: ProtobufValue>(_ type: T.Type, _ number: Int) -> T {
        var writer = ProtobufWriter()
        if T.wireType == .varint {
            writer.varint(
                T.protobufType.hasPrefix("e:") || T.protobufType == "bool" ? 1 : UInt64(number) &* 1000 &+ UInt64(seed))
        } else {
            // 32 bytes for ids; 16, all of them hex digits, for addresses written as text.
            let bytes = [UInt8](repeating: UInt8(ascii: "a") + UInt8(number % 6), count: 32)
            writer.lengthDelimited(bytes)
            if let value = read(type, writer.bytes) { return value }
            writer = ProtobufWriter()
            writer.lengthDelimited(Array(bytes.prefix(16)))
        }
        return read(type, writer.bytes)!
    }

    private func read<T: ProtobufValue>(_ type: T.Type, _ bytes: [UInt8]) -> T? {
        bytes.withUnsafeBytes {
            var reader = ProtobufReader($0)
            return try? T(from: &reader)
        }
    }

    mutating func field<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ value: inout T) {
        value = self.value(T.self, number)
    }
    mutating func field<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ value: inout T?) {
        value = self.value(T.self, number)
    }
    mutating func repeated<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ values: inout [T]) {
        values = [value(T.self, number), value(T.self, number + 1)]
    }
    mutating func message<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ message: inout M) {
        message = Self.filled(M.self, depth: depth + 1, seed: seed)
    }
    mutating func message<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ message: inout M?) {
        message = Self.filled(M.self, depth: depth + 1, seed: seed)
    }
    mutating func repeated<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ messages: inout [M]) {
        messages = [
            Self.filled(M.self, depth: depth + 1, seed: 1), M(), Self.filled(M.self, depth: depth + 1, seed: 2),
        ]
    }
    mutating func map<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ map: inout [String: T]) {
        map = ["a": value(T.self, 1), "b": value(T.self, 2), "": value(T.self, 3)]
    }
    mutating func unused(_ number: Int, _ name: StaticString, _ type: StaticString) {}
}

/// Google's own compiler as a second implementation, given the protocol as wire.tsv tells it.
struct Protoc {
    let folder: URL

    /// Nil, and said so, where the tool or the shared folder is not there.
    init?() throws {
        guard let shared = SharedFolder.url else {
            FileHandle.standardError.write(Data("SKIPPED: no shared folder with wire.tsv\n".utf8))
            return nil
        }
        folder = FileManager.default.temporaryDirectory.appending(path: "weir-protoc-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        guard try run(["--version"], []) != nil else {
            FileHandle.standardError.write(Data("SKIPPED: protoc is not installed\n".utf8))
            return nil
        }
        let table = try String(contentsOf: shared.appending(path: "wire.tsv"), encoding: .utf8)
        for (package, text) in Self.protos(table) {
            try text.write(to: folder.appending(path: "\(package).proto"), atomically: true, encoding: .utf8)
        }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// The message through protoc: bytes to text and back to bytes. Nil where it refuses the bytes.
    func recode(_ message: String, _ bytes: [UInt8]) throws -> [UInt8]? {
        let file = message.split(separator: ".").prefix { $0.first!.isLowercase }.joined(separator: ".") + ".proto"
        guard let text = try run(["--decode=\(message)", file], bytes) else { return nil }
        return try run(["--encode=\(message)", "--deterministic_output", file], text)
    }

    private func run(_ arguments: [String], _ input: [UInt8]) throws -> [UInt8]? {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["protoc"] + arguments
        process.currentDirectoryURL = folder
        let file = folder.appending(path: "input")
        try Data(input).write(to: file)
        process.standardInput = try FileHandle(forReadingFrom: file)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? [UInt8](bytes) : nil
    }

    /// One .proto a package.
    private static func protos(_ table: String) -> [String: String] {
        var messages: [String: [(name: String, line: String)]] = [:]
        var enums: [String: [String]] = [:]
        var order: [String] = []
        func add(_ name: String) {
            if messages[name] == nil, enums[name] == nil { order.append(name) }
        }
        for line in table.split(separator: "\n") where !line.hasPrefix("#") {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            switch columns[0] {
            case "field":
                add(columns[1])
                var type =
                    columns[4].hasPrefix("m:") || columns[4].hasPrefix("e:")
                    ? "." + columns[4].dropFirst(2) : columns[4]
                var label = columns.count > 5 ? columns[5] : ""
                if label == "map" { (type, label) = ("map<string, bytes>", "") }
                messages[columns[1], default: []].append(
                    (columns[1], "  \(label) \(type) \(columns[3]) = \(columns[2]);"))
            case "enum":
                add(columns[1])
                enums[columns[1], default: []].append("  \(columns[3]) = \(columns[2]);")
            default:
                for name in columns[3...4] where messages[name] == nil {
                    add(name)
                    messages[name] = []
                }
            }
        }
        func package(_ name: String) -> String {
            name.split(separator: ".").prefix { $0.first!.isLowercase }.joined(separator: ".")
        }
        func body(_ name: String) -> String {
            let short = name.split(separator: ".").last!
            if let values = enums[name] { return "enum \(short) {\n" + values.joined(separator: "\n") + "\n}\n" }
            let inner = order.filter { $0.hasPrefix(name + ".") && !$0.hasSuffix("ContractsEntry") }.map(body).joined()
            return "message \(short) {\n" + inner + messages[name]!.map(\.line).joined(separator: "\n") + "\n}\n"
        }
        var files: [String: String] = [:]
        for packageName in Set(order.map(package)) {
            let imports = ["google.protobuf", "flow.entities"].filter {
                $0 != packageName && packageName != "google.protobuf"
            }
            files[packageName] =
                "syntax = \"proto3\";\npackage \(packageName);\n" + imports.map { "import \"\($0).proto\";\n" }.joined()
                + order.filter { package($0) == packageName && !order.contains(String($0[..<$0.lastIndex(of: ".")!])) }
                .map(body).joined()
        }
        return files
    }
}

@Suite(.timeLimit(.minutes(3)))
struct ProtocAgreementTests {
    @Test func `every message with every field set is what protoc writes, byte for byte`() throws {
        guard let protoc = try Protoc() else { return }
        defer { protoc.remove() }
        for type in allMessages {
            let bytes = filledBytes(type)
            let theirs = try protoc.recode(type.protobufName, bytes)
            #expect(theirs == bytes, "\(type.protobufName)")
            #expect(try recode(type, bytes) == bytes, "\(type.protobufName)")
        }
    }

    @Test func `protoc reads recorded answers as we do`() throws {
        guard let protoc = try Protoc() else { return }
        defer { protoc.remove() }
        for sample in try MutatedMessagesTests.samples() {
            let theirs = try #require(try protoc.recode(sample.type.protobufName, sample.bytes))
            #expect(try recode(sample.type, sample.bytes) == theirs, "\(sample.label)")
        }
    }

    private func filledBytes<M: ProtobufMessage>(_ type: M.Type) -> [UInt8] { Filler.filled(M.self).protobuf }
}
