import FlowClient
import FoundationEssentials

/// One line of a recording (recordings/README.md): a call to a real node, and the bytes that it answered.
struct RecordedExchange: Decodable {
    var n: Int
    var step: String
    var transport: String
    var method: String
    var request: Data?
    var response: Data?
    /// gRPC's status, or HTTP's.
    var code: Int?
    var message: String?

    /// What the node said instead of an answer.
    var failure: AccessError {
        AccessError(AccessError.Code(rawValue: Int32(clamping: code ?? 2)) ?? .unknown, message ?? "", method: method)
    }

    /// The lines of a recording, in order, that `isWanted` by their step.
    /// - Throws: `recording`, which names the line, where the file is cut off or damaged anywhere.
    static func read(_ file: [UInt8], where isWanted: (String) -> Bool) throws -> [(
        line: Int, exchange: RecordedExchange
    )] {
        let unpacked = Gunzip(file)
        let lines = unpacked.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let whole = unpacked.bytes.last == UInt8(ascii: "\n") ? lines.count - 1 : lines.count
        if let damage = unpacked.damage {
            throw IndexerError(.recording, "line \(max(whole, 1)): the file is damaged here: \(damage)")
        }
        guard whole > 0, !unpacked.bytes.isEmpty else {
            throw IndexerError(.recording, "line 1: the recording is empty")
        }
        let decoder = JSONDecoder()
        var wanted: [(Int, RecordedExchange)] = []
        for (index, line) in lines[..<whole].enumerated() {
            do {
                let exchange = try decoder.decode(RecordedExchange.self, from: Data(line))
                guard exchange.n == index else {
                    throw IndexerError(.recording, "exchange \(exchange.n) where \(index) was expected")
                }
                if isWanted(exchange.step) { wanted.append((index + 1, exchange)) }
            } catch let error as IndexerError {
                throw IndexerError(.recording, "line \(index + 1): \(error.message)")
            } catch {
                throw IndexerError(.recording, "line \(index + 1): no exchange: \(Self.plain(error))")
            }
        }
        return wanted
    }

    private static func plain(_ error: any Error) -> String {
        switch error {
        case DecodingError.dataCorrupted(let context): context.debugDescription
        case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
        default: "\(error)"
        }
    }
}
