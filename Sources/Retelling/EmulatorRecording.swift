import Cadence
import Encoding
import FlowClient
import FoundationEssentials
package import Recordings
import Signer

/// A recording of a real emulator (fixtures/README.md): what was asked and answered, in order, and whose keys signed.
package struct EmulatorRecording: Sendable {
    /// Where it lies, without `.jsonl.gz`.
    package let name: String
    package internal(set) var exchanges: [RecordedExchange]
    let keys: [Address: [RecordedKey]]
    /// Of the emulator.
    package let flags: [String]

    /// Reads `NAME.jsonl.gz` and `NAME.accounts.json`.
    /// - Parameter prefix: the path without these endings, such as `fixtures/recordings/story`.
    /// - Throws: `RecordingError`.
    package init(_ prefix: String) throws(RecordingError) {
        name = prefix
        let accounts = try Self.json(in: prefix + ".accounts.json")
        exchanges = try RecordedExchange.read(Self.file(prefix + ".jsonl.gz")).map { $0.exchange }
        flags = accounts["flags"]?.array?.compactMap(\.string) ?? []
        var keys: [Address: [RecordedKey]] = [:]
        for account in accounts["accounts"]?.object ?? [] {
            guard let address = account.value["address"]?.string.flatMap({ Address($0) }),
                let entries = account.value["keys"]?.array
            else { throw RecordingError("\(prefix).accounts.json: \(account.name) has no address or no keys") }
            keys[address] = try entries.map { entry throws(RecordingError) in
                guard let key = RecordedKey(entry) else {
                    throw RecordingError("\(prefix).accounts.json: a key of \(account.name) can't be read")
                }
                return key
            }
        }
        self.keys = keys
    }

    /// What stands behind a flag of the emulator.
    func value(of flag: String) -> String? {
        for (at, word) in flags.enumerated() {
            if word == flag { return at + 1 < flags.count ? flags[at + 1] : nil }
            if word.hasPrefix(flag + "=") { return String(word.dropFirst(flag.count + 1)) }
        }
        return nil
    }

    private static func json(in path: String) throws(RecordingError) -> JSON {
        let bytes = try file(path)
        do { return try JSON(parsing: bytes) } catch { throw RecordingError("\(path) is no JSON: \(error)") }
    }

    private static func file(_ path: String) throws(RecordingError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RecordingError("\(path) can't be read: is it there?")
        }
        return [UInt8](data)
    }
}

/// A test key that signed in a recording.
struct RecordedKey: Sendable {
    let signer: InMemorySigner

    init?(_ json: JSON) {
        guard let scalar = json["private"]?.string.flatMap({ Hex.decode($0) }) else { return nil }
        let algorithm: SignatureAlgorithm = json["signature"] == "ECDSA_P256" ? .ecdsaP256 : .ecdsaSecp256k1
        guard let key = try? PrivateKey(algorithm: algorithm, scalar: scalar) else { return nil }
        signer = InMemorySigner(key: key, hashAlgorithm: json["hash"] == "SHA2_256" ? .sha2_256 : .sha3_256)
    }
}

extension RecordedExchange {
    var requestBytes: [UInt8] { request.map { [UInt8]($0) } ?? [] }
    var responseBytes: [UInt8] { response.map { [UInt8]($0) } ?? [] }
    var messageBytes: [[UInt8]] { (messages ?? []).map { [UInt8]($0) } }
    /// The last part of a gRPC method's path.
    var call: Substring { transport == "grpc" ? method.split(separator: "/").last ?? "" : "" }
}
