import Encoding
import HTTP

/// What callers send to find a request again: its id, and the trace that it belongs to.
enum TraceContext {
    /// As the caller named it; a name of ours where it has none, or none that may stand in a log.
    static func requestID(of request: HTTPServerRequest) -> String {
        if let given = request.header("X-Request-Id"), (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy({ isPlain($0) })
        {
            return given
        }
        return String(HTTPServer.makeInstance().dropFirst("urn:uuid:".utf8.count))
    }

    /// W3C's Trace Context, 3.2: `00-TRACE-PARENT-FLAGS`. Nil where there is none, or none that is valid: it is to be ignored then.
    static func parent(in request: HTTPServerRequest) -> String? {
        guard let text = request.header("traceparent") else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[1].utf8.count == 32, parts[2].utf8.count == 16,
            parts[3].utf8.count == 2, parts.prefix(4).allSatisfy({ $0.utf8.allSatisfy(isLowerHex) }), parts[0] != "ff",
            parts[0] != "00" || parts.count == 4, text.utf8.count <= 128,
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        return text
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || [0x2D, 0x2E, 0x5F].contains(byte)
    }
}
