extension WebSocket {
    /// What has come, what is to go, and how it ends. Pure but for the codec, which is bytes in and bytes out: the socket's
    /// shell reads and writes, and tells it.
    ///
    /// - open: messages come and go → closing, ended.
    /// - closing: a close frame was sent or received, or the peer broke the rules; nothing of ours follows it → ended.
    /// - ended: the connection is given back.
    struct StateMachine {
        enum Step: Equatable {
            case message(Message)
            /// Both sides have said good-bye.
            case ended
            /// The peer went away without a word.
            case lost
            /// The peer was told to go: with which code.
            case violated(UInt16)
            /// More must be read.
            case read
        }

        private let codec: WebSocketCodec
        private var inbox: [Message] = []
        private var inboxStart = 0
        private(set) var outgoing: [UInt8] = []
        private var written = 0
        /// In all, so that a sender knows when its own bytes are gone.
        private(set) var totalQueued: UInt64 = 0
        private(set) var totalWritten: UInt64 = 0
        /// Answers to the peer's pings that have not been written: where each ends, and how long it is.
        private var answers: [(end: UInt64, count: Int)] = []
        private(set) var closing: Closing?
        private(set) var isEnded = false
        private var lastHeard: ContinuousClock.Instant
        /// Since when somebody has been waiting for the peer's next word without a break.
        private var listeningSince: ContinuousClock.Instant?

        /// Unread answers to a peer's pings beyond this end the connection.
        static let maximumAnswerBytes = 1 << 20

        init(_ codec: WebSocketCodec, now: ContinuousClock.Instant) {
            self.codec = codec
            lastHeard = now
        }

        // MARK: Receiving

        /// What the bytes complete; answers that the protocol asks for are in `unsent` afterwards.
        /// - Throws: `HTTPError.protocolViolation` where the peer asks for answers and does not read them.
        mutating func received(_ bytes: UnsafeRawBufferPointer, at now: ContinuousClock.Instant) throws {
            lastHeard = now
            listeningSince = listeningSince == nil ? nil : now
            for event in try codec.receive(bytes) {
                switch event {
                case .text(let text): inbox.append(.text(text))
                case .binary(let bytes): inbox.append(.binary(bytes))
                case .ping, .pong: break
                case .close(let code, let reason):
                    if closing == nil { closing = Closing(code: code ?? 1005, reason: reason, isByPeer: true) }
                }
            }
            let count = collect()
            if count > 0 { answers.append((totalQueued, count)) }
            guard answers.reduce(0, { $0 + $1.count }) <= Self.maximumAnswerBytes else {
                throw HTTPError(.protocolViolation, "the peer does not read the answers to its pings")
            }
        }

        /// Nothing will come any more.
        mutating func receivedEnd() {
            if closing == nil { closing = Closing(code: 1006, reason: "", isByPeer: true) }
            isEnded = true
        }

        /// What whoever receives gets now.
        mutating func next() -> Step {
            if inboxStart < inbox.count {
                defer {
                    inboxStart += 1
                    if inboxStart == inbox.count { (inbox, inboxStart) = ([], 0) }
                }
                return .message(inbox[inboxStart])
            }
            guard isEnded || codec.isCloseReceived || !codec.wantsInput else { return .read }
            if closing?.code == 1006 { return .lost }
            if closing == nil, !codec.isCloseReceived { return .violated(codec.codeSent) }
            return .ended
        }

        // MARK: Sending

        /// Where the bytes of this end: they are gone once `totalWritten` has got there.
        mutating func queue(_ event: WebSocketCodec.Event) throws -> UInt64 {
            guard !isEnded, closing == nil else { throw HTTPError(.closed, "the websocket is closed") }
            try codec.send(event)
            collect()
            return totalQueued
        }

        /// False where it is closing already.
        mutating func beginClosing(_ code: UInt16, _ reason: String) throws -> Bool {
            guard closing == nil, !isEnded else { return false }
            closing = Closing(code: code, reason: reason, isByPeer: false)
            try codec.send(.close(code, reason))
            collect()
            return true
        }

        /// True where it was open until now.
        mutating func end(_ why: Closing = Closing(code: 1006, reason: "", isByPeer: false)) -> Bool {
            defer { isEnded = true }
            if closing == nil { closing = why }
            return !isEnded
        }

        var hasUnsent: Bool { written < outgoing.count }

        func withUnsent<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
            try outgoing.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[written...])) }
        }

        mutating func wrote(_ count: Int) {
            written += count
            totalWritten += UInt64(count)
            answers.removeAll { $0.end <= totalWritten }
            if written == outgoing.count { (outgoing, written) = ([], 0) }
        }

        @discardableResult private mutating func collect() -> Int {
            let bytes = codec.takeOutput()
            outgoing += bytes
            totalQueued += UInt64(bytes.count)
            return bytes.count
        }

        // MARK: Liveness

        /// Somebody waits for the peer, or stops waiting: nobody can say that the peer is silent while nobody listens.
        mutating func listens(_ listens: Bool, at now: ContinuousClock.Instant) {
            listeningSince = listens ? listeningSince ?? now : nil
        }

        /// Whether the peer has said nothing since then, though somebody has listened all the time.
        func isSilent(since start: ContinuousClock.Instant) -> Bool {
            guard let listeningSince, listeningSince <= start else { return false }
            return lastHeard <= start
        }
    }
}
