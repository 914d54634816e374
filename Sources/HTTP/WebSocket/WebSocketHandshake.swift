import CCrypto
import Encoding

/// The opening handshake (RFC 6455, section 4), as far as both sides need it.
enum WebSocketHandshake {
    /// What a server answers to a key.
    static func accept(_ key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        let hashed = EVP_Q_digest(nil, "SHA1", nil, text, text.count, &digest, nil)
        precondition(hashed == 1, "libcrypto has no SHA-1")
        return Base64.encode(digest)
    }

    static func makeKey() -> String { Base64.encode((0..<16).map { _ in UInt8.random(in: 0...255) }) }

    /// What is wrong with a request that asks for a websocket; nil where nothing is.
    static func refusal(_ request: HTTPServerRequest) -> ProblemDocument? {
        let headers = request.headers
        guard request.method == "GET", headers.contains("websocket", in: "Upgrade"),
            headers.contains("upgrade", in: "Connection")
        else {
            return ProblemDocument(
                status: 426, detail: "this address speaks the websocket protocol", headers: ["Upgrade": "websocket"])
        }
        guard headers["Sec-WebSocket-Version"] == "13" else {
            return ProblemDocument(
                status: 426, detail: "version 13 of the websocket protocol is spoken here",
                headers: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"])
        }
        guard let key = headers["Sec-WebSocket-Key"], Base64.decode(key)?.count == 16 else {
            return ProblemDocument(status: 400, detail: "Sec-WebSocket-Key must be 16 bytes in base64")
        }
        return nil
    }
}

/// The head of an answer, for the handshake: a client that has only a socket.
struct ResponseHead {
    var status: Int
    var headers: HTTPFields
    /// How many bytes it took.
    var length: Int

    static let maximumBytes = 16 << 10

    /// Nil where it is not complete yet.
    static func parse(_ bytes: [UInt8]) throws -> ResponseHead? {
        let end: [UInt8] = [13, 10, 13, 10]
        guard let range = bytes.firstRange(of: end) else {
            guard bytes.count <= maximumBytes else {
                throw HTTPError(.protocolViolation, "the answer's head is too long")
            }
            return nil
        }
        let text = String(decoding: bytes[..<range.lowerBound], as: UTF8.self)
        // CR LF is one Character.
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let parts = lines.removeFirst().split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else {
            throw HTTPError(.protocolViolation, "the answer is not HTTP/1.1")
        }
        var headers = HTTPFields()
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else {
                throw HTTPError(.protocolViolation, "a header of the answer has no name")
            }
            headers.append(String(line[..<colon]), String(HTTPFields.trim(line[line.index(after: colon)...])))
        }
        return ResponseHead(status: status, headers: headers, length: range.upperBound)
    }
}
