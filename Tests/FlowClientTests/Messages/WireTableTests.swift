import Foundation
import GRPC
import TestSupport
import Testing

@testable import AccessServing
@testable import FlowClient

/// The protocol's own table: every message, field, enum and method (wire.tsv in the shared folder).
struct WireTable {
    var fields: Set<String> = []
    var methods: Set<String> = []
    var enums: [String: Set<Int32>] = [:]

    /// Nil, and said so, where there is no shared folder.
    init?() throws {
        guard let folder = SharedFolder.url else {
            FileHandle.standardError.write(Data("SKIPPED: no shared folder with wire.tsv\n".utf8))
            return nil
        }
        let text = try String(contentsOf: folder.appending(path: "wire.tsv"), encoding: .utf8)
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            switch columns[0] {
            case "field":
                let label = columns.count > 5 ? columns[5] : ""
                fields.insert([columns[1], columns[2], columns[3], columns[4], label].joined(separator: " "))
            case "method": methods.insert(columns[1...].joined(separator: " "))
            case "enum": enums[columns[1], default: []].insert(Int32(columns[2])!)
            default: Issue.record("what is \(columns[0])?")
            }
        }
    }
}

@Suite struct WireTableTests {
    @Test func `every message has the protocol's fields: names, numbers, types`() throws {
        guard let table = try WireTable() else { return }
        var ours: Set<String> = []
        for type in allMessages {
            for field in ProtobufDescription(of: type).fields {
                ours.insert("\(type.protobufName) \(field.number) \(field.name) \(field.type) \(field.label)")
            }
        }
        // The two fields of the one map's entries, which the codec writes without a message of ours.
        ours.insert("flow.entities.Account.ContractsEntry 1 key string ")
        ours.insert("flow.entities.Account.ContractsEntry 2 value bytes ")
        #expect(table.fields.subtracting(ours).sorted() == [])
        #expect(ours.subtracting(table.fields).sorted() == [])
    }

    @Test func `every method has the protocol's path and messages, and streams where it streams`() throws {
        guard let table = try WireTable() else { return }
        let ours = allMethods.map { method in
            let parts = method.path.split(separator: "/")
            return "\(parts[0]) \(parts[1]) \(method.request.protobufName) \(method.response.protobufName)"
                + (method.isStream ? " stream" : "")
        }
        #expect(Set(ours) == table.methods)
        #expect(ours.count == table.methods.count)
    }

    @Test func `every value of the protocol's enums is one of ours`() throws {
        guard let table = try WireTable() else { return }
        func values<E: ProtobufEnum>(_ type: E.Type) -> Set<Int32> { Set((0..<100).filter { E(rawValue: $0) != nil }) }
        let ours = [
            "flow.entities.BlockStatus": values(BlockStatus.self),
            "flow.entities.TransactionStatus": values(TransactionStatus.self),
            "flow.entities.EventEncodingVersion": values(EventEncoding.self),
        ]
        #expect(ours == table.enums)
    }

    @Test func `the server answers every method and no other`() {
        let service = AccessService(UnimplementedAccess())
        #expect(service.paths == allMethods.map(\.path).sorted())
    }

    @Test func `fields are visited in the order of their numbers`() {
        for type in allMessages {
            let numbers = ProtobufDescription(of: type).fields.map(\.number)
            #expect(numbers == numbers.sorted(), "\(type.protobufName)")
        }
    }
}
