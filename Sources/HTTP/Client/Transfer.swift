import CCurl
import Synchronization

/// One request and its answer, between the task that wants it and curl's thread.
///
/// - waiting → underway → headed (streams: the headers are handed over) → over. `over` keeps what is not fetched yet.
final class Transfer: Sendable {
    /// A stream's chunks beyond this are left in the kernel until the task has fetched some.
    static let highWater = 256 << 10

    typealias Head = (status: Int, headers: HTTPFields)

    private struct State {
        var head: Head = (0, [:])
        var isHeadComplete = false
        var body: [UInt8] = []
        var chunks: [[UInt8]] = []
        var bytes = 0
        var isPaused = false
        var outcome: Result<Void, any Error>?
        var start: CheckedContinuation<Head, any Error>?
        var next: CheckedContinuation<[UInt8]?, any Error>?
        var isCancelled = false
        var overflow = false
        var hasRefusedAddress = false
    }

    let request: HTTPRequest
    let timeout: Duration
    let isStreamed: Bool
    /// For errors: host and port, without the path and its secrets.
    let place: String
    private let maximumBytes: Int
    private let loop: CurlLoop
    private let state = Mutex(State())

    init(
        _ request: HTTPRequest, _ configuration: HTTPClient.Configuration, _ loop: CurlLoop, timeout: Duration,
        isStreamed: Bool
    ) throws {
        self.request = request
        self.loop = loop
        self.timeout = timeout
        self.isStreamed = isStreamed
        maximumBytes = configuration.responseBytes
        place = try Self.place(of: request.url, schemes: ["http", "https"])
        guard HTTPFields.isToken(request.method) else { throw HTTPError(.invalidRequest, "the method is not a word") }
        for field in request.headers where !HTTPFields.isToken(field.name) || !HTTPFields.isValue(field.value) {
            throw HTTPError(.invalidRequest, "the header \(field.name.prefix(40).filter(\.isLetter)) cannot be sent")
        }
    }

    /// Host and port of an address.
    static func place(of url: String, schemes: [String]) throws -> String {
        try address(url, schemes: schemes).authority
    }

    static func address(_ url: String, schemes: [String]) throws -> WebAddress {
        guard let address = WebAddress(url, schemes: schemes) else {
            throw HTTPError(
                .invalidRequest, "the address is not \(schemes.map { $0 + "://HOST…" }.joined(separator: " or "))")
        }
        return address
    }

    // MARK: In the task

    func start() async throws -> Head {
        try await withCheckedThrowingContinuation { continuation in
            let isCancelled = state.withLock { state in
                if !state.isCancelled { state.start = continuation }
                return state.isCancelled
            }
            if isCancelled { continuation.resume(throwing: CancellationError()) } else { loop.add(self) }
        }
    }

    func refuseAddress() { state.withLock { $0.hasRefusedAddress = true } }
    var hasRefusedAddress: Bool { state.withLock { $0.hasRefusedAddress } }

    func takeBody() -> [UInt8] {
        state.withLock { state in
            defer { state.body = [] }
            return state.body
        }
    }

    /// Nil at the end.
    func nextChunk() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                var unpauses = false
                let ready = state.withLock { state -> Result<[UInt8]?, any Error>? in
                    precondition(state.next == nil, "a body has one reader")
                    if !state.chunks.isEmpty {
                        let chunk = state.chunks.removeFirst()
                        state.bytes -= chunk.count
                        if state.isPaused, state.bytes < Self.highWater { (state.isPaused, unpauses) = (false, true) }
                        return .success(chunk)
                    }
                    switch state.outcome {
                    case .success?: return .success(nil)
                    case .failure(let error)?: return .failure(error)
                    case nil:
                        state.next = continuation
                        return nil
                    }
                }
                if unpauses { loop.unpause(self) }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            cancel()
        }
    }

    func cancel() {
        let isUnderway = state.withLock { state in
            let isFirst = !state.isCancelled && state.outcome == nil
            state.isCancelled = true
            return isFirst
        }
        if isUnderway { loop.cancel(self) }
    }

    // MARK: On curl's thread

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// How much of it was taken; anything else than all is an error to curl, and `CURL_WRITEFUNC_PAUSE` a pause.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        let (taken, waiting) = state.withLock { state -> (Int, CheckedContinuation<[UInt8]?, any Error>?) in
            if !isStreamed {
                guard state.body.count + bytes.count <= maximumBytes else {
                    state.overflow = true
                    return (0, nil)
                }
                state.body.append(contentsOf: bytes)
                return (bytes.count, nil)
            }
            if let next = state.next {
                state.next = nil
                return (bytes.count, next)
            }
            guard state.bytes < Self.highWater else {
                state.isPaused = true
                return (Int(CURL_WRITEFUNC_PAUSE), nil)
            }
            state.chunks.append(Array(bytes))
            state.bytes += bytes.count
            return (bytes.count, nil)
        }
        waiting?.resume(returning: Array(bytes))
        return taken
    }

    /// A line of the head, its end included. The head of a final answer replaces that of a 1xx.
    func receiveHeader(_ line: String) {
        let started = state.withLock { state -> (CheckedContinuation<Head, any Error>, Head)? in
            let text = HTTPFields.trim(line.filter { !$0.isNewline })
            // What follows the body are trailers.
            if state.isHeadComplete, state.head.status >= 200 { return nil }
            if text.hasPrefix("HTTP/") {
                state.head = (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0, [:])
                state.isHeadComplete = false
            } else if text.isEmpty {
                state.isHeadComplete = true
                if isStreamed, state.head.status >= 200, let start = state.start {
                    state.start = nil
                    return (start, state.head)
                }
            } else if let colon = text.firstIndex(of: ":") {
                state.head.headers.append(
                    String(text[..<colon]), String(HTTPFields.trim(text[text.index(after: colon)...])))
            }
            return nil
        }
        if let (start, head) = started { start.resume(returning: head) }
    }

    var hasHead: Bool { state.withLock { $0.isHeadComplete && $0.head.status >= 200 } }

    func finish(_ outcome: Result<Void, any Error>) {
        let (start, next, head, final) = state.withLock { state in
            var final = outcome
            if state.overflow {
                final = .failure(HTTPError(.tooLarge, "\(place) answered with more than \(maximumBytes) bytes"))
            }
            state.outcome = final
            defer { (state.start, state.next) = (nil, nil) }
            return (state.start, state.next, state.head, final)
        }
        start?.resume(with: final.map { head })
        next?.resume(with: final.map { nil })
    }
}
