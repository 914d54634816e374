package import FoundationEssentials

/// One line of a recording (fixtures/README.md): what a real node was asked, and the bytes that it answered.
package struct RecordedExchange: Sendable, Decodable {
    /// Its place: 0 is the first line.
    package var n: Int
    package var step: String
    /// `grpc`, `http` or `websocket`.
    package var transport: String
    /// `/flow.access.AccessAPI/GetLatestBlockHeader`, `GET /v1/blocks?height=sealed`.
    package var method: String
    /// Protobuf without the gRPC frame, HTTP bodies, texts of a websocket.
    package var request: Data?
    package var response: Data?
    /// Of streams and websockets, one by one.
    package var messages: [Data]?
    /// gRPC's status, or HTTP's.
    package var code: Int?
    package var message: String?
    /// Of HTTP's answer, where it was kept.
    package var contentType: String? { metadata?["content-type"] }
    /// Headers or trailing metadata, where they were kept.
    package var metadata: [String: String]?
    /// After how many messages the client ended the stream.
    package var cutAfter: Int?

    private enum CodingKeys: String, CodingKey {
        case n, step, transport, method, request, response, messages, code, message, metadata
        case cutAfter = "cut_after"
    }

    /// The lines of a recording, gzip or plain, in order, that `isWanted` by their step.
    /// - Throws: `RecordingError`, which names the line, where the file is cut off or damaged anywhere.
    package static func read(
        _ file: [UInt8], where isWanted: (String) -> Bool = { _ in true }
    ) throws(RecordingError) -> [(line: Int, exchange: RecordedExchange)] {
        let unpacked = Gunzip(file)
        let lines = unpacked.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let whole = unpacked.bytes.last == UInt8(ascii: "\n") ? lines.count - 1 : lines.count
        if let damage = unpacked.damage {
            throw RecordingError(line: max(whole, 1), "the file is damaged here: \(damage)")
        }
        guard whole > 0, !unpacked.bytes.isEmpty else { throw RecordingError(line: 1, "the recording is empty") }
        let decoder = JSONDecoder()
        var wanted: [(Int, RecordedExchange)] = []
        for (index, line) in lines[..<whole].enumerated() {
            let exchange: RecordedExchange
            do {
                exchange = try decoder.decode(RecordedExchange.self, from: Data(line))
            } catch {
                throw RecordingError(line: index + 1, "no exchange: \(plain(error))")
            }
            guard exchange.n == index else {
                throw RecordingError(line: index + 1, "exchange \(exchange.n) where \(index) was expected")
            }
            if isWanted(exchange.step) { wanted.append((index + 1, exchange)) }
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

/// A recording that can't be read, and where.
package struct RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// 1 is the first. Nil where no line is to blame.
    package var line: Int?
    package var message: String

    package init(line: Int? = nil, _ message: String) {
        self.line = line
        self.message = message
    }

    package var description: String { line.map { "line \($0): \(message)" } ?? message }
}
