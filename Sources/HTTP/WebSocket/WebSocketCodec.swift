import CWslay

/// Websocket frames by wslay, without any input or output of its own: bytes in, events out; messages in, bytes out.
/// Fragments are put together, pings and closes answered, text checked to be UTF-8, sizes limited (`FrameRules`).
/// Not Sendable: whoever has it guards it.
final class WebSocketCodec {
    enum Role { case client, server }

    enum Event: Equatable {
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// Nil where the frame named no code.
        case close(UInt16?, String)
    }

    private var context: wslay_event_context_ptr?
    private var incoming: [UInt8] = []
    private var read = 0
    private(set) var outgoing: [UInt8] = []
    private var events: [Event] = []
    private var isBroken = false
    private var rules: FrameRules

    init(_ role: Role, maximumMessageBytes: Int) {
        rules = FrameRules(mustBeMasked: role == .server, maximumMessageBytes: maximumMessageBytes)
        var callbacks = wslay_event_callbacks()
        callbacks.recv_callback = { context, buffer, length, _, user in
            WebSocketCodec.codec(user).give(buffer!, length, context!)
        }
        callbacks.send_callback = { _, data, length, _, user in
            WebSocketCodec.codec(user).outgoing.append(contentsOf: UnsafeBufferPointer(start: data, count: length))
            return length
        }
        callbacks.genmask_callback = { _, buffer, length, _ in
            for index in 0..<length { buffer![index] = UInt8.random(in: 0...255) }
            return 0
        }
        callbacks.on_msg_recv_callback = { _, message, user in WebSocketCodec.codec(user).take(message!.pointee) }
        let user = Unmanaged.passUnretained(self).toOpaque()
        let code =
            switch role {
            case .client: wslay_event_context_client_init(&context, &callbacks, user)
            case .server: wslay_event_context_server_init(&context, &callbacks, user)
            }
        precondition(code == 0, "wslay has no memory")
        wslay_event_config_set_max_recv_msg_length(context, UInt64(maximumMessageBytes))
    }

    deinit { wslay_event_context_free(context) }

    /// False once a close was received, or what came was no frame: whatever follows is not looked at.
    var wantsInput: Bool { !isBroken && wslay_event_want_read(context) != 0 }
    var isCloseSent: Bool { wslay_event_get_close_sent(context) != 0 }
    var isCloseReceived: Bool { wslay_event_get_close_received(context) != 0 }
    /// Such as 1002 or 1009 where the codec itself found the peer at fault.
    var codeSent: UInt16 { wslay_event_get_status_code_sent(context) }

    /// What the bytes complete. Answers to pings and closes are in `outgoing` afterwards.
    func receive(_ bytes: UnsafeRawBufferPointer) throws -> [Event] {
        let violation = rules.violation(in: bytes)
        incoming = Array(bytes.prefix(violation?.offset ?? bytes.count))
        read = 0
        events = []
        while read < incoming.count, wantsInput {
            guard wslay_event_recv(context) == 0 else {
                // What is no frame at all wslay leaves to us; what breaks a rule of messages it has answered itself.
                breakOff(1002)
                break
            }
        }
        if let violation { breakOff(violation.code) }
        try drain()
        return withExtendedLifetime(self) { events }
    }

    private func breakOff(_ code: UInt16) {
        isBroken = true
        _ = wslay_event_queue_close(context, code, nil, 0)
    }

    func send(_ event: Event) throws {
        let code =
            switch event {
            case .text(let text): queue(WSLAY_TEXT_FRAME, Array(text.utf8))
            case .binary(let bytes): queue(WSLAY_BINARY_FRAME, bytes)
            case .ping(let bytes): queue(WSLAY_PING, bytes)
            case .pong(let bytes): queue(WSLAY_PONG, bytes)
            case .close(let status, let reason): close(status, reason)
            }
        switch WSLAY_ERR(code) {
        case nil: try drain()
        case WSLAY_ERR_NO_MORE_MSG?: throw HTTPError(.closed, "the websocket is closing")
        default: throw HTTPError(.invalidRequest, "the message cannot be sent (\(code))")
        }
    }

    func takeOutput() -> [UInt8] {
        defer { outgoing = [] }
        return outgoing
    }

    private func WSLAY_ERR(_ code: CInt) -> wslay_error? { code == 0 ? nil : wslay_error(rawValue: code) }

    private func queue(_ opcode: wslay_opcode, _ bytes: [UInt8]) -> CInt {
        bytes.withUnsafeBufferPointer { buffer in
            var message = wslay_event_msg(
                opcode: UInt8(opcode.rawValue), msg: buffer.baseAddress, msg_length: buffer.count)
            return wslay_event_queue_msg(context, &message)
        }
    }

    private func close(_ status: UInt16?, _ reason: String) -> CInt {
        // A control frame holds 125 bytes, two of them the code; a cut must not go through a character.
        var bytes: [UInt8] = []
        for character in reason {
            guard bytes.count + character.utf8.count <= 123 else { break }
            bytes += character.utf8
        }
        return wslay_event_queue_close(context, status ?? 0, bytes, status == nil ? 0 : bytes.count)
    }

    private func drain() throws {
        while wslay_event_want_write(context) != 0 {
            guard wslay_event_send(context) == 0 else {
                throw HTTPError(.protocolViolation, "the frame cannot be written")
            }
        }
    }

    private static func codec(_ user: UnsafeMutableRawPointer?) -> WebSocketCodec {
        Unmanaged<WebSocketCodec>.fromOpaque(user!).takeUnretainedValue()
    }

    private func give(_ buffer: UnsafeMutablePointer<UInt8>, _ length: Int, _ context: wslay_event_context_ptr) -> Int {
        let count = min(length, incoming.count - read)
        guard count > 0 else {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK.rawValue)
            return -1
        }
        incoming.withUnsafeBufferPointer { buffer.update(from: $0.baseAddress! + read, count: count) }
        read += count
        return count
    }

    private func take(_ message: wslay_event_on_msg_recv_arg) {
        let bytes = Array(UnsafeBufferPointer(start: message.msg, count: message.msg_length))
        switch UInt32(message.opcode) {
        case WSLAY_TEXT_FRAME.rawValue: events.append(.text(String(decoding: bytes, as: UTF8.self)))
        case WSLAY_BINARY_FRAME.rawValue: events.append(.binary(bytes))
        case WSLAY_PING.rawValue: events.append(.ping(bytes))
        case WSLAY_PONG.rawValue: events.append(.pong(bytes))
        case WSLAY_CONNECTION_CLOSE.rawValue:
            let reason = String(decoding: bytes.dropFirst(2), as: UTF8.self)
            events.append(.close(message.status_code == 0 ? nil : message.status_code, reason))
        default: break  // wslay refuses other opcodes itself.
        }
    }
}
