import CMicroHTTPD
import CWslay
import Daemon
import Encoding
import Glibc
import Synchronization

/// One request and its answer, between libmicrohttpd's thread and the request's task.
///
/// - receiving: headers and body come in → working, or answered at once where it can't be right.
/// - working: the task runs, the connection is suspended → ready.
/// - ready: the answer is there, the connection resumed → sending.
/// - sending: libmicrohttpd has the answer; a stream's chunks are fetched from `OutgoingStream`.
/// - completed: libmicrohttpd is done with the request, one way or another. Nothing may touch the connection any more.
final class HTTPExchange: Sendable {
    private enum Phase {
        case new, receiving, working, ready(HTTPServerResponse), sending, completed
    }

    private struct State {
        var phase = Phase.new
        var method = ""
        var headers = HTTPFields()
        var body: [UInt8] = []
        /// Where the body goes instead, and what is counted of it in the server's sum of these.
        var file: SpooledBody?
        var onDisk = 0
        /// Of the body, counted in the server's sum until the exchange is completed.
        var held = 0
        var surplus = 0
        /// There was no room for the body: it is thrown away, and said so when it has come.
        var isCrowdedOut = false
        var task: Task<Void, Never>?
        var isGone = false
        var isAbandoned: Bool
        var watch: UInt64?
        var stream: OutgoingStream?
        var upgrade: WebSocketHandover?
    }

    /// Valid until `complete`: every use of it is on the daemon's thread, or while the connection is suspended.
    private struct ConnectionHandle: @unchecked Sendable { let pointer: OpaquePointer }

    private unowned let server: HTTPServer
    private let connection: ConnectionHandle
    private let target: String
    private let began = ContinuousClock.now
    private let state: Mutex<State>

    /// What is sent beyond the limit is thrown away up to this much, so that the client reads its 413; then it is cut off.
    private static let patience = 16 << 20

    /// - Parameter isAbandoned: the server is past waiting; nothing is begun any more.
    init(server: HTTPServer, connection: OpaquePointer, target: String, isAbandoned: Bool) {
        state = Mutex(State(isAbandoned: isAbandoned))
        self.server = server
        self.connection = ConnectionHandle(pointer: connection)
        self.target = target
    }

    var socket: CInt { shim_mhd_socket(connection.pointer) }

    // MARK: On the daemon's thread

    private enum Step { case more, refuse(ProblemDocument), expire, cut, work, send(HTTPServerResponse) }

    func advance(
        _ method: UnsafePointer<CChar>, _ version: UnsafePointer<CChar>, _ data: UnsafePointer<CChar>?,
        _ size: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        let step = state.withLock { state -> Step in
            switch state.phase {
            case .new:
                state.phase = .receiving
                state.method = String(cString: method)
                state.headers = readHeaders()
                let head = HTTPRequestHead(
                    method: state.method, target: target, headers: state.headers,
                    remoteAddress: SocketAddressText.format(shim_mhd_peer(connection.pointer)))
                // Who may not come in does not get to send a body, and what follows on the connection is not read.
                if var problem = refusal(head) ?? server.admission(head) {
                    if head.hasBody { problem.headers["Connection"] = "close" }
                    return .refuse(problem)
                }
                if head.hasBody, server.spools(head) {
                    do throws(SpooledBody.Failed) { state.file = try SpooledBody() } catch {
                        return .refuse(unkept(error))
                    }
                }
                return .more
            case .receiving:
                guard size.pointee > 0, let data else {
                    if state.surplus > 0 {
                        return .refuse(
                            tooLarge(state.file == nil ? server.limits.bodyBytes : server.limits.spooledBytes))
                    }
                    return state.isCrowdedOut ? .refuse(tooMuch) : .work
                }
                let count = size.pointee
                size.pointee = 0
                guard began.duration(to: .now) <= server.limits.requestTime else { return .expire }
                if let file = state.file {
                    return spool(UnsafeRawBufferPointer(start: data, count: count), to: file, &state)
                }
                if state.surplus == 0, state.body.count + count <= server.limits.bodyBytes {
                    guard !state.isCrowdedOut else { return .more }
                    state.held += count
                    let total = server.bodies.add(count, ordering: .relaxed).newValue
                    guard total <= server.limits.totalBodyBytes else {
                        server.bodies.subtract(state.held, ordering: .relaxed)
                        (state.isCrowdedOut, state.held, state.body) = (true, 0, [])
                        return .more
                    }
                    state.body.append(contentsOf: UnsafeRawBufferPointer(start: data, count: count))
                    return .more
                }
                state.body = []
                state.surplus += count
                return state.surplus > Self.patience ? .cut : .more
            case .ready(let response):
                state.phase = .sending
                return .send(response)
            case .working, .sending, .completed: return .more
            }
        }
        switch step {
        case .more: return .YES
        case .cut: return .NO
        case .expire:
            sayTooSlow()
            return .NO
        case .refuse(let problem): return refuse(problem)
        case .work:
            work()
            return .YES
        case .send(let response): return send(response)
        }
    }

    /// What is too much is thrown away like any other, and said so when it has come.
    private func spool(_ bytes: UnsafeRawBufferPointer, to file: SpooledBody, _ state: inout State) -> Step {
        guard !state.isCrowdedOut else { return .more }
        guard state.surplus == 0, file.count + bytes.count <= server.limits.spooledBytes else {
            state.surplus += bytes.count
            return state.surplus > Self.patience ? .cut : .more
        }
        state.onDisk += bytes.count
        let total = server.spooled.add(bytes.count, ordering: .relaxed).newValue
        do throws(SpooledBody.Failed) {
            if total > server.limits.totalSpooledBytes { state.isCrowdedOut = true } else { try file.append(bytes) }
        } catch {
            state.isCrowdedOut = true
            _ = unkept(error)
        }
        return .more
    }

    private func unkept(_ error: SpooledBody.Failed) -> ProblemDocument {
        server.logger.error("a body could not be taken in", ["error": "\(error)"])
        return tooMuch
    }

    private func readHeaders() -> HTTPFields {
        var fields = HTTPFields()
        withUnsafeMutablePointer(to: &fields) { pointer in
            _ = MHD_get_connection_values_n(
                connection.pointer, .HEADER_KIND,
                { cls, _, name, nameLength, value, valueLength in
                    let bytes = { (start: UnsafePointer<CChar>?, count: Int) in
                        UnsafeRawBufferPointer(start: start, count: count)
                    }
                    cls!.assumingMemoryBound(to: HTTPFields.self).pointee.append(
                        String(decoding: bytes(name, nameLength), as: UTF8.self),
                        String(decoding: bytes(value, valueLength), as: UTF8.self))
                    return .YES
                }, pointer)
        }
        return fields
    }

    /// libmicrohttpd answers nothing in the middle of a body, and closes the connection after this.
    private func sayTooSlow() {
        let problem = ProblemDocument(
            status: 408, detail: "a request has \(server.limits.requestTime) to arrive whole")
        guard case .bytes(let body) = server.refusing(problem).body else { return }
        let head =
            "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        let bytes = Array(head.utf8) + body
        _ = shim_send_nowait(socket, bytes, bytes.count)
    }

    private var tooMuch: ProblemDocument {
        ProblemDocument(
            status: 503, detail: "too many bodies are being received: try again in a moment",
            headers: ["Connection": "close", "Retry-After": "1"])
    }

    private func tooLarge(_ most: Int) -> ProblemDocument {
        ProblemDocument(
            status: 413, detail: "a body may have \(most) bytes", headers: ["Connection": "close"])
    }

    private func refusal(_ head: HTTPRequestHead) -> ProblemDocument? {
        let headers = head.headers
        let lengths = headers.all("Content-Length")
        let codings = headers.all("Transfer-Encoding")
        guard codings.count <= 1, codings.allSatisfy({ $0.lowercased() == "chunked" }) else {
            return ProblemDocument(
                status: 501, detail: "Transfer-Encoding may only be chunked", headers: ["Connection": "close"])
        }
        // Two ways to tell where a request ends are how one is smuggled past a proxy (RFC 9112, section 6.1).
        if headers["Transfer-Encoding"] != nil && !lengths.isEmpty || Set(lengths).count > 1 {
            return ProblemDocument(
                status: 400, detail: "the length of the body is given in two ways", headers: ["Connection": "close"])
        }
        guard let length = lengths.first else { return nil }
        guard PlainText.isDigits(length), let bytes = Int(length) else {
            return ProblemDocument(
                status: 400, detail: "Content-Length is not a number", headers: ["Connection": "close"])
        }
        // Who sends it without asking first reads nothing before it has sent it all: so much is thrown away for its sake.
        let patience = headers["Expect"] == nil ? Self.patience : 0
        let most = server.spools(head) ? server.limits.spooledBytes : server.limits.bodyBytes
        return bytes > most + patience ? tooLarge(most) : nil
    }

    private func refuse(_ problem: ProblemDocument) -> MHD_Result {
        state.withLock { $0.phase = .sending }
        let response = server.refusing(problem)
        guard case .bytes(let bytes) = response.body else { return .NO }
        return queue(response, bytes: bytes)
    }

    private func work() {
        server.connections.wait(for: socket, patience: nil)
        let (method, headers, body, file) = state.withLock { state in
            defer { state.body = [] }
            return (state.method, state.headers, state.body, state.file)
        }
        var request: HTTPServerRequest
        do {
            request = try HTTPServerRequest(
                method: method, target: target, headers: headers, body: body,
                remoteAddress: SocketAddressText.format(shim_mhd_peer(connection.pointer)))
            request.spooled = file
        } catch {
            _ = refuse(error)
            return
        }
        let begun = request
        let isBegun = state.withLock { state in
            guard !state.isAbandoned else { return false }
            // Under the lock: whoever answers resumes, and must find the connection suspended.
            state.phase = .working
            MHD_suspend_connection(connection.pointer)
            return true
        }
        guard isBegun else {
            _ = refuse(Self.stopping)
            return
        }
        watchForHangUp()
        server.pending.enter()
        let task = Task { [self, server] in
            await GracefulShutdown.$current.withValue(server.shutdown) {
                await serve(begun)
            }
            server.pending.leave()
        }
        let isGone = state.withLock { state in
            state.task = task
            return state.isGone
        }
        if isGone { task.cancel() }
    }

    private func send(_ response: HTTPServerResponse) -> MHD_Result {
        switch response.body {
        case .bytes(let bytes): return queue(response, bytes: bytes)
        case .stream:
            guard let stream = state.withLock({ $0.stream }) else { return .NO }
            let handle = MHD_create_response_from_callback(
                UInt64.max, 32 << 10, OutgoingStream.read, Unmanaged.passRetained(stream).toOpaque(),
                OutgoingStream.free)
            return queue(response, handle)
        case .webSocket(let upgrade):
            guard let handover = state.withLock({ $0.upgrade }) else { return .NO }
            let handle = MHD_create_response_for_upgrade(
                WebSocketHandover.upgraded, Unmanaged.passRetained(handover).toOpaque())
            return queue(upgrade.handshake(response), handle)
        }
    }

    private func queue(_ response: HTTPServerResponse, bytes: [UInt8]) -> MHD_Result {
        let handle = bytes.withUnsafeBytes {
            MHD_create_response_from_buffer(
                $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
        }
        return queue(response, handle)
    }

    private func queue(_ response: HTTPServerResponse, _ handle: OpaquePointer?) -> MHD_Result {
        guard let handle else { return .NO }
        defer { MHD_destroy_response(handle) }
        for field in response.headers where !HTTPFields.same(field.name, "Content-Length") {
            guard HTTPFields.isToken(field.name), HTTPFields.isValue(field.value),
                MHD_add_response_header(handle, field.name, field.value) == .YES
            else {
                server.logger.error("a handler gave a header that is none", ["header": field.name])
                continue
            }
        }
        if server.isStopping, response.headers["Connection"] == nil {
            _ = MHD_add_response_header(handle, "Connection", "close")
        }
        return MHD_queue_response(connection.pointer, UInt32(response.status), handle)
    }

    /// libmicrohttpd is done with the request.
    func complete() {
        let (task, stream, upgrade, held, onDisk) = state.withLock { state in
            state.phase = .completed
            state.file = nil
            return (state.task, state.stream, state.upgrade, state.held, state.onDisk)
        }
        if onDisk > 0 { server.spooled.subtract(onDisk, ordering: .relaxed) }
        if held > 0 { server.bodies.subtract(held, ordering: .relaxed) }
        server.connections.wait(for: socket, patience: server.connectionPatience)
        task?.cancel()
        stream?.abandon()
        upgrade?.abandon()
        server.leave(self)
    }

    // MARK: In the request's task

    private func serve(_ request: HTTPServerRequest) async {
        let response = await server.respond(to: request)
        switch response.body {
        case .bytes: answer(response)
        case .stream(let body):
            let stream = OutgoingStream(connection: connection.pointer)
            stream.onHangUp = { [weak self] in self?.hangUp() }
            guard answer(response, also: { $0.stream = stream }) else { return }
            guard body.endsAtShutdown else { return await stream.pump(body) }
            await withGracefulShutdownHandler {
                await stream.pump(body)
            } onGracefulShutdown: { [weak self] in
                stream.endEarly()
                self?.hangUp()
            }
        case .webSocket(let upgrade):
            if let problem = upgrade.refusal(request) {
                answer(server.refusing(problem))
                return
            }
            server.webSockets.enter()
            defer { server.webSockets.leave() }
            let handover = WebSocketHandover()
            var accepted = response
            accepted.headers["Sec-WebSocket-Accept"] = WebSocketHandshake.accept(
                request.headers["Sec-WebSocket-Key"] ?? "")
            accepted.headers["Sec-WebSocket-Protocol"] = upgrade.chosenProtocol(request)
            // Who was cut off meanwhile has its answer, and there will be no connection to wait for.
            guard answer(accepted, also: { $0.upgrade = handover }) else { return }
            await withGracefulShutdownHandler {
                await upgrade.run(handover, request, server.logger)
            } onGracefulShutdown: { [weak self] in
                self?.hangUp()
            }
        }
    }

    /// False where it was answered already, or is over.
    @discardableResult
    private func answer(_ response: HTTPServerResponse, also: (inout State) -> Void = { _ in }) -> Bool {
        let watch = state.withLock { state -> UInt64?? in
            guard case .working = state.phase else { return nil }
            also(&state)
            state.phase = .ready(response)
            defer { state.watch = nil }
            return .some(state.watch)
        }
        guard let watch else { return false }
        if let watch { ReadinessPoller.shared.callOff(socket, watch) }
        MHD_resume_connection(connection.pointer)
        return true
    }

    // MARK: On the poller's thread, or whoever stops the server

    private func watchForHangUp() {
        // Nobody reads from a suspended connection, so nobody else would notice.
        let watch = ReadinessPoller.shared.watch(socket, for: .hangUp) { [weak self] ready in
            if ready { self?.hangUp() }
        }
        let isOver = state.withLock { state in
            if case .working = state.phase {
                state.watch = watch
                return false
            }
            return true
        }
        if isOver { ReadinessPoller.shared.callOff(socket, watch) }
    }

    private func hangUp() {
        let task = state.withLock { state in
            state.isGone = true
            state.watch = nil
            return state.task
        }
        task?.cancel()
    }

    /// The server waits no longer: a task that has not answered is cancelled and answered for.
    func abandon() {
        let (task, stream, upgrade) = state.withLock { state in
            state.isAbandoned = true
            return (state.task, state.stream, state.upgrade)
        }
        task?.cancel()
        stream?.abandon()
        upgrade?.abandon()
        answer(server.refusing(Self.stopping))
    }

    private static var stopping: ProblemDocument {
        ProblemDocument(status: 503, detail: "the server is stopping", headers: ["Connection": "close"])
    }
}

/// A peer's address as text.
enum SocketAddressText {
    static func format(_ address: UnsafePointer<sockaddr>?) -> String {
        guard let address else { return "" }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                var raw = $0.pointee.sin_addr
                inet_ntop(AF_INET, &raw, &text, socklen_t(text.count))
                return "\(string(text)):\(UInt16(bigEndian: $0.pointee.sin_port))"
            }
        case AF_INET6:
            return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                var raw = $0.pointee.sin6_addr
                inet_ntop(AF_INET6, &raw, &text, socklen_t(text.count))
                return "[\(string(text))]:\(UInt16(bigEndian: $0.pointee.sin6_port))"
            }
        default: return "unix"
        }
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
