import Cadence
import Daemon
import Encoding
import FlowClient
import Foundation
import Signer

/// A recording of the real emulator, as fixtures/recordings has it.
struct Recorded {
    struct Exchange: Decodable {
        var step: String
        var transport: String
        var method: String
        var request: String?
        var response: String?
        var code: Int?
        var message: String?
        /// Of streams and websockets.
        var messages: [String]?

        var messageBytes: [[UInt8]] { (messages ?? []).map { Data(base64Encoded: $0).map(Array.init) ?? [] } }
        var requestBytes: [UInt8] { request.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? [] }
        var responseBytes: [UInt8] { response.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? [] }
    }

    struct Line {
        var step: String
        var id: TransactionID
        var height: UInt64
        var refused: String
        var error: String
        var events: [(type: String, value: CadenceValue)]
    }

    struct Key: Decodable {
        var `private`: String
        var `public`: String
        var signature: String
        var hash: String

        func signer() throws -> InMemorySigner {
            let algorithm: SignatureAlgorithm = signature == "ECDSA_P256" ? .ecdsaP256 : .ecdsaSecp256k1
            return InMemorySigner(
                key: try PrivateKey(algorithm: algorithm, scalar: Hex.decode(`private`)!),
                hashAlgorithm: hash == "SHA2_256" ? .sha2_256 : .sha3_256)
        }
    }

    private struct Accounts: Decodable {
        struct Account: Decodable {
            var address: String
            var keys: [Key]
        }
        var accounts: [String: Account]
    }

    static let folder = CadenceSourcesTests.root.appending(path: "fixtures/recordings")

    let exchanges: [Exchange]
    let lines: [Line]
    let keys: [Address: [Key]]

    init(_ name: String) throws {
        let decoder = JSONDecoder()
        exchanges = try Self.unzip("\(name).jsonl.gz").map { try decoder.decode(Exchange.self, from: $0) }
        lines = try Self.unzip("\(name).story.jsonl.gz").map(Self.line)
        let accounts = try decoder.decode(
            Accounts.self, from: Data(contentsOf: Self.folder.appending(path: "\(name).accounts.json")))
        keys = Dictionary(uniqueKeysWithValues: accounts.accounts.values.map { (Address($0.address)!, $0.keys) })
    }

    /// Ids and times of the blocks that were asked for by height.
    var headers: [BlockID: (height: UInt64, timestamp: Timestamp)] {
        var found: [BlockID: (height: UInt64, timestamp: Timestamp)] = [:]
        for exchange in exchanges where exchange.method.contains("BlockHeader") && exchange.transport == "grpc" {
            guard let header = Wire(exchange.responseBytes)[message: 1],
                let id = header[bytes: 1].flatMap({ BlockID(bytes: $0) })
            else { continue }
            let time = header[message: 4]
            found[id] = (
                header[number: 3] ?? 0,
                Timestamp(
                    seconds: Int64(time?[number: 1] ?? 0), nanoseconds: Int32(truncatingIfNeeded: time?[number: 2] ?? 0)
                )
            )
        }
        return found.merging(headersByHTTP) { grpc, _ in grpc }
    }

    /// The answers to GET /v1/events name every block of their range.
    private var headersByHTTP: [BlockID: (height: UInt64, timestamp: Timestamp)] {
        struct Block: Decodable {
            var block_id: String
            var block_height: String
            var block_timestamp: String
        }
        var found: [BlockID: (height: UInt64, timestamp: Timestamp)] = [:]
        for exchange in exchanges where exchange.method.hasPrefix("GET /v1/events") && exchange.code == 200 {
            let blocks = try? JSONDecoder().decode([Block].self, from: Data(exchange.responseBytes))
            for block in blocks ?? [] {
                guard let id = BlockID(hex: block.block_id), let height = UInt64(block.block_height),
                    let time = RFC3339.parse(block.block_timestamp)
                else { continue }
                let milliseconds = Int64((time.timeIntervalSince1970 * 1000).rounded())
                found[id] = (
                    height,
                    Timestamp(
                        seconds: milliseconds / 1000, nanoseconds: Int32(milliseconds % 1000) * 1_000_000)
                )
            }
        }
        return found
    }

    private static func line(_ data: Data) throws -> Line {
        let object = try JSONSerialization.jsonObject(with: data) as! [String: Any]
        let events = object["events"] as? [[String: Any]] ?? []
        return Line(
            step: object["step"] as! String, id: TransactionID(hex: object["id"] as! String)!,
            height: UInt64(object["height"] as? Int ?? 0), refused: object["refused"] as? String ?? "",
            error: object["error"] as? String ?? "",
            events: try events.map { event in
                let fields = try JSONSerialization.data(withJSONObject: event["fields"]!)
                return (event["type"] as! String, try JSONCDC.decode(Array(fields)))
            })
    }

    private static func unzip(_ name: String) throws -> [Data] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", folder.appending(path: name).path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return bytes.split(separator: 0x0a).map { Data($0) }
    }
}

/// Fields of a protobuf message, read without the codec that is tested elsewhere.
struct Wire {
    enum Value {
        case number(UInt64)
        case bytes([UInt8])
    }
    var fields: [(number: Int, value: Value)] = []

    init(_ bytes: [UInt8]) {
        var at = 0
        func varint() -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while at < bytes.count {
                let byte = bytes[at]
                at += 1
                value |= UInt64(byte & 127) << shift
                shift += 7
                if byte < 128 { break }
            }
            return value
        }
        while at < bytes.count {
            let key = varint()
            switch key & 7 {
            case 0: fields.append((Int(key >> 3), .number(varint())))
            case 2:
                let count = Int(varint())
                fields.append((Int(key >> 3), .bytes(Array(bytes[at..<(at + count)]))))
                at += count
            default: return
            }
        }
    }

    subscript(number field: Int) -> UInt64? {
        for case (field, .number(let value)) in fields { return value }
        return nil
    }
    subscript(bytes field: Int) -> [UInt8]? { self[all: field].first }
    subscript(message field: Int) -> Wire? { self[bytes: field].map(Wire.init) }
    subscript(all field: Int) -> [[UInt8]] {
        fields.compactMap { if case (field, .bytes(let value)) = $0 { value } else { nil } }
    }

    /// This message as flow.entities.Transaction.
    var transaction: Transaction {
        let key = self[message: 5] ?? Wire([])
        func address(_ bytes: [UInt8]?) -> Address { bytes.flatMap { Address(bytes: $0) } ?? Address(rawValue: 0) }
        func signature(_ bytes: [UInt8]) -> Transaction.Signature {
            let wire = Wire(bytes)
            return .init(
                address: address(wire[bytes: 1]), keyIndex: KeyIndex(UInt32(wire[number: 2] ?? 0)),
                signature: wire[bytes: 3] ?? [])
        }
        return Transaction(
            script: self[bytes: 1] ?? [], arguments: self[all: 2],
            referenceBlockID: self[bytes: 3].flatMap { BlockID(bytes: $0) } ?? .zero,
            computationLimit: self[number: 4] ?? 0,
            proposalKey: .init(
                address: address(key[bytes: 1]), keyIndex: KeyIndex(UInt32(key[number: 2] ?? 0)),
                sequenceNumber: SequenceNumber(key[number: 3] ?? 0)), payer: address(self[bytes: 6]),
            authorizers: self[all: 7].map(address), payloadSignatures: self[all: 8].map(signature),
            envelopeSignatures: self[all: 9].map(signature))
    }
}
