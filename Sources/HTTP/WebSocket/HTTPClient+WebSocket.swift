import CCurl
import Daemon
import Synchronization

extension HTTPClient {
    /// Opens a websocket at a ws:// or wss:// address. The timeout is for the handshake; afterwards `keepAlive` watches.
    /// - Throws: `HTTPError`; `.upgradeRefused` with the status where the server answered with something else.
    public func webSocket(
        _ url: String, headers: HTTPFields = [:], protocols: [String] = [], maximumMessageBytes: Int = 64 << 20,
        timeout: Duration? = nil
    ) async throws -> WebSocket {
        let address = try Transfer.address(url, schemes: ["ws", "wss"])
        let place = address.authority
        let limit = timeout ?? configuration.timeout
        let transport = try await CurlSocket.connect("http" + url.dropFirst(2), place, configuration, timeout: limit)
        do {
            return try await withDeadline(limit, place) {
                try await Self.shakeHands(transport, address.target, place, headers, protocols, maximumMessageBytes)
            }
        } catch {
            ReadinessPoller.shared.forget(transport.descriptor)
            transport.close()
            throw error
        }
    }

    private static func shakeHands(
        _ transport: CurlSocket, _ target: String, _ place: String, _ headers: HTTPFields, _ protocols: [String],
        _ maximum: Int
    ) async throws -> WebSocket {
        let key = WebSocketHandshake.makeKey()
        var lines = [
            "GET \(target) HTTP/1.1", "Host: \(place)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
        ]
        if !protocols.isEmpty { lines.append("Sec-WebSocket-Protocol: \(protocols.joined(separator: ", "))") }
        for field in headers {
            guard HTTPFields.isToken(field.name), HTTPFields.isValue(field.value) else {
                throw HTTPError(.invalidRequest, "a header cannot be sent")
            }
            lines.append("\(field.name): \(field.value)")
        }
        try await transport.writeAll(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
        var received: [UInt8] = []
        while true {
            guard let more = try await transport.readSome() else {
                throw HTTPError(.connectionLost, "\(place) hung up during the handshake")
            }
            received += more
            guard let head = try ResponseHead.parse(received) else { continue }
            guard head.status == 101 else {
                throw HTTPError(.upgradeRefused, "\(place) answered \(head.status) \(HTTPStatus.phrase(head.status))")
            }
            guard head.headers.contains("websocket", in: "Upgrade"), head.headers.contains("upgrade", in: "Connection"),
                head.headers["Sec-WebSocket-Accept"] == WebSocketHandshake.accept(key),
                head.headers["Sec-WebSocket-Protocol"].map(protocols.contains) ?? true
            else { throw HTTPError(.protocolViolation, "\(place) does not speak the websocket protocol") }
            return try WebSocket(
                transport, role: .client, maximumMessageBytes: maximum, early: Array(received[head.length...]))
        }
    }
}

/// The operation, or `timedOut`.
func withDeadline<Result: Sendable>(
    _ limit: Duration, _ place: String, _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw HTTPError(.timedOut, "\(place): no answer within \(DurationText.format(limit))")
        }
        defer { group.cancelAll() }
        return try await group.next()!
    }
}

/// A connection that curl has made, with TLS where asked for, and that we speak over ourselves (CURLOPT_CONNECT_ONLY).
final class CurlSocket: WebSocketTransport {
    private struct Handle: @unchecked Sendable {
        // Every use is inside the mutex.
        var pointer: UnsafeMutableRawPointer?
    }

    let descriptor: CInt
    private let place: String
    private let handle: Mutex<Handle>

    private init(_ handle: Handle, _ descriptor: CInt, _ place: String) {
        self.handle = Mutex(handle)
        self.descriptor = descriptor
        self.place = place
    }

    deinit { close() }

    static func connect(
        _ url: String, _ place: String, _ configuration: HTTPClient.Configuration, timeout: Duration
    ) async throws -> CurlSocket {
        _ = CurlLibrary.isReady
        return try await OffPool.run {
            guard let handle = curl_easy_init() else { preconditionFailure("curl has no memory") }
            do {
                try CurlSetup.setCommon(handle, url, configuration)
                shim_curl_set_long(handle, CURLOPT_CONNECT_ONLY, 1)
                shim_curl_set_long(handle, CURLOPT_TIMEOUT_MS, timeout.milliseconds)
                let code = curl_easy_perform(handle)
                guard code == CURLE_OK else { throw CurlFailure.error(code, place) }
                var socket = curl_socket_t(-1)
                guard shim_curl_get_socket(handle, &socket) == CURLE_OK, socket >= 0 else {
                    throw HTTPError(.connectionLost, "\(place): the connection is gone")
                }
                return CurlSocket(Handle(pointer: handle), socket, place)
            } catch {
                curl_easy_cleanup(handle)
                throw error
            }
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int? {
        handle.withLock { handle in
            guard let pointer = handle.pointer else { return 0 }
            var count = 0
            switch curl_easy_recv(pointer, buffer.baseAddress, buffer.count, &count) {
            case CURLE_OK: return count
            case CURLE_AGAIN: return nil
            default: return 0  // CURLE_RECV_ERROR, CURLE_UNSUPPORTED_PROTOCOL: the connection is gone.
            }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws -> Int? {
        try handle.withLock { handle in
            var count = 0
            let code = handle.pointer.map { curl_easy_send($0, bytes.baseAddress, bytes.count, &count) }
            switch code {
            case CURLE_OK?: return count
            case CURLE_AGAIN?: return nil
            default: throw HTTPError(.connectionLost, "\(place) went away")
            }
        }
    }

    /// Half of a TLS connection is not closed alone.
    func finishWriting() {}

    func close() {
        handle.withLock { handle in
            if let pointer = handle.pointer { curl_easy_cleanup(pointer) }
            handle.pointer = nil
        }
    }

    func writeAll(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            if let count = try rest.withUnsafeBytes({ try write($0) }) {
                rest = rest.dropFirst(count)
            } else {
                try await ReadinessPoller.shared.wait(descriptor, for: .writable)
            }
        }
    }

    /// Nil at the end.
    func readSome() async throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            if let count = try buffer.withUnsafeMutableBytes({ try read(into: $0) }) {
                return count == 0 ? nil : Array(buffer[..<count])
            }
            try await ReadinessPoller.shared.wait(descriptor, for: .readable)
        }
    }
}
