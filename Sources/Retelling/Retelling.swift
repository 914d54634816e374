import AccessServing
import Cadence
package import Devnet
import Encoding
import FlowClient
import GRPC
import HTTP
import Recordings
import Signer

/// Plays a recording into a fresh devnet, over the transports that it was recorded on: the same transactions, signed again
/// by the same keys, in blocks of the same heights and times, and every request in its order, each answer compared.
///
/// Time goes by the recording: before a request is made the chain is brought to where it was when the recorded node
/// answered. Requests that ran beside others (streams from the head, transactions that were sent and watched) begin when
/// the chain comes to where they began.
package final class Retelling {
    package let recording: EmulatorRecording
    package let node: DevnetNode
    let chain: RecordedChain
    var comparison = AnswerComparison(Correspondence())
    /// Ours by the recorded ones.
    private var sent: [TransactionID: TransactionID] = [:]
    private var played: [Int: Outcome] = [:]
    private var open: [Int: OpenStream] = [:]
    /// What begins when the next block will have this height, and when the head has it.
    private var sendsBefore: [UInt64: [Int]] = [:]
    private var streamsAt: [UInt64: [Int]] = [:]
    private(set) var connection: Connection?

    struct Connection {
        var channel: GRPCChannel
        var http: HTTPClient
        var httpPort: Int
    }

    /// What came back.
    enum Outcome {
        case answer([UInt8])
        case failure(code: Int, message: String)
        case response(status: Int, type: String?, body: [UInt8])
    }

    /// - Throws: where the recording names no key of the service account, or its flags can't be followed.
    package init(_ recording: EmulatorRecording) throws {
        self.recording = recording
        chain = RecordedChain(recording.exchanges)
        guard let service = recording.keys[Self.serviceAddress]?.first?.signer else {
            throw RecordingError("\(recording.name).accounts.json has no key of the service account")
        }
        var configuration = DevnetConfiguration(
            servicePublicKey: service.publicKey, serviceHash: service.hashAlgorithm, blockMaking: .onDemand)
        configuration.programs = RecordedPrograms.all
        configuration.rules.fees = recording.flags.contains("--transaction-fees") ? .emulator : nil
        // The emulator's own where no flag says another.
        configuration.expiry = recording.value(of: "--transaction-expiry").flatMap { UInt64($0) } ?? 10
        if let most = recording.value(of: "--transaction-max-compute-limit").flatMap({ UInt64($0) }) {
            configuration.rules.maximumComputation = most
        }
        node = try DevnetNode(configuration: configuration)
        schedule()
    }

    static let serviceAddress = Address(rawValue: 0xf8d6_e058_6b0a_20c7)

    /// Plays it to its end.
    /// - Parameter progress: called after each exchange with how many are done.
    package func tell(progress: (Int) -> Void = { _ in }) async throws -> RetellingReport {
        let devnet = Devnet(node: node)
        let port = try devnet.start()
        let httpPort = try await devnet.startHTTP()
        connection = Connection(
            channel: GRPCChannel(target: "127.0.0.1:\(port)"), http: HTTPClient(), httpPort: httpPort)
        let server = Task { try await devnet.run() }
        defer {
            for stream in open.values { stream.end() }
            server.cancel()
        }
        var report = RetellingReport()
        for (at, exchange) in recording.exchanges.enumerated() {
            try await bring(to: exchange)
            let (explained, unexplained) = try await answered(at, exchange)
            report.total += 1
            report.asked[exchange.transport, default: 0] += 1
            for known in explained { report.known[known, default: 0] += 1 }
            if unexplained.isEmpty {
                report.agreeing[exchange.transport, default: 0] += 1
            } else {
                report.failures.append(
                    .init(
                        n: exchange.n, step: exchange.step, transport: exchange.transport, method: exchange.method,
                        differences: unexplained))
            }
            progress(at + 1)
        }
        return report
    }

    /// Asks, and compares. Where the recording does not say how far its chain was, and something waits for a block, the
    /// chain may have been further: then that block is made, and what changes nothing is asked again.
    private func answered(
        _ at: Int, _ exchange: RecordedExchange
    ) async throws -> (explained: Set<KnownDifference>, unexplained: [AnswerDifference]) {
        while true {
            var explained: Set<KnownDifference> = []
            var unexplained: [AnswerDifference] = []
            let before = comparison.correspondence
            for difference in try await differences(at, exchange) {
                if let known = KnownDifference.explaining(difference, exchange) {
                    explained.insert(known)
                } else {
                    unexplained.append(difference)
                }
            }
            guard !unexplained.isEmpty, exchange.anyTransaction == nil, !exchange.isStream, !node.waiting.isEmpty else {
                return (explained, unexplained)
            }
            comparison.correspondence = before
            try await makeBlock()
        }
    }

    // MARK: time

    /// Which exchanges begin at which height.
    private func schedule() {
        for (at, exchange) in recording.exchanges.enumerated() {
            if let transaction = exchange.anyTransaction, !exchange.isRefused,
                let height = chain.heightOf[transaction.id]
            {
                sendsBefore[height, default: []].append(at)
            } else if exchange.beginsAtHead, let first = exchange.firstHeight {
                streamsAt[first, default: []].append(at)
            }
        }
        // In the order in which the block has them.
        for (height, exchanges) in sendsBefore {
            guard let order = chain.transactions[height] else { continue }
            let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
            sendsBefore[height] = exchanges.sorted { a, b in
                func place(_ at: Int) -> Int {
                    recording.exchanges[at].anyTransaction.flatMap { places[$0.id] } ?? .max
                }
                return (place(a), a) < (place(b), b)
            }
        }
    }

    /// To where the chain was when the exchange was answered. What is sent into a block is sent before there is one.
    private func bring(to exchange: RecordedExchange) async throws {
        if let transaction = exchange.anyTransaction, let height = chain.heightOf[transaction.id],
            !exchange.isRefused
        {
            return try await makeBlocks(to: height - 1)
        }
        // What is refused was made of the head of its time.
        if let transaction = exchange.anyTransaction, let made = chain.heights[transaction.referenceBlockID] {
            try await makeBlocks(to: made)
        }
        guard exchange.messages == nil else { return }
        if let height = exchange.answeredHeight { try await makeBlocks(to: height) }
    }

    package func makeBlocks(to height: UInt64) async throws {
        while node.finalizedHeight.rawValue < height { try await makeBlock() }
    }

    func makeBlock() async throws {
        let height = node.finalizedHeight.rawValue + 1
        for at in sendsBefore.removeValue(forKey: height) ?? [] where played[at] == nil && open[at] == nil {
            try await begin(at)
        }
        for id in chain.transactions[height] ?? [] where sent[id] == nil {
            guard let transaction = chain.bodies[id] else { continue }
            _ = try? await node.send(resigned(transaction))
        }
        node.makeBlock(at: chain.time(of: height))
        try await learn(height)
        for at in streamsAt.removeValue(forKey: height) ?? [] { try await begin(at) }
    }

    /// What stands for what in a block that was just made.
    private func learn(_ height: UInt64) async throws {
        if let theirs = chain.ids[height], let ours = node.blockID(at: BlockHeight(height)) {
            _ = comparison.correspondence.same(id: theirs.hex, ours.hex)
        }
        for id in chain.transactions[height] ?? [] {
            guard let recorded = chain.results[id], let ours = sent[id] else { continue }
            let result = try await node.transactionResult(ours, blockID: nil, collectionID: nil, encoding: .ccf).value
            for (a, b) in zip(recorded.events, result.events) where a.type == b.type {
                guard let x = Self.value(a.payload), let y = Self.value(b.payload) else { continue }
                _ = comparison.correspondence.differences(x, y)
            }
        }
    }

    private static func value(_ payload: [UInt8]) -> CadenceValue? {
        payload.first == UInt8(ascii: "{") ? try? JSONCDC.decode(payload) : try? CCF.decode(payload)
    }

    // MARK: exchanges

    /// Makes the request and leaves what comes of it for later.
    private func begin(_ at: Int) async throws {
        let exchange = recording.exchanges[at]
        if exchange.messages != nil || exchange.isStream {
            open[at] = try await openStream(exchange)
        } else {
            played[at] = try await ask(exchange)
        }
    }

    private func differences(_ at: Int, _ exchange: RecordedExchange) async throws -> [AnswerDifference] {
        let mine: AnswerComparison
        if exchange.messages != nil || exchange.isStream {
            if open[at] == nil, exchange.beginsAtHead, let first = exchange.firstHeight {
                try await makeBlocks(to: first)
            }
            if open[at] == nil { try await begin(at) }
            guard let stream = open.removeValue(forKey: at) else { return [] }
            defer { stream.end() }
            mine = try await compare(stream, exchange)
        } else {
            let outcome: Outcome
            if let early = played.removeValue(forKey: at) { outcome = early } else { outcome = try await ask(exchange) }
            var answer = AnswerComparison(comparison.correspondence)
            compare(outcome, exchange, &answer)
            mine = answer
        }
        comparison.correspondence = mine.correspondence
        return mine.differences
    }

    private func ask(_ exchange: RecordedExchange) async throws -> Outcome {
        guard let connection else { preconditionFailure("it is not connected before it is told") }
        if exchange.transport == "grpc" {
            do {
                let answer = try await connection.channel.unary(
                    exchange.method, try request(exchange), deadline: .seconds(60))
                return .answer(answer.message.bytes)
            } catch let error as GRPCError {
                return .failure(code: Int(error.code.rawValue), message: error.message)
            }
        }
        let words = exchange.method.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2 else { throw RecordingError(line: exchange.n + 1, "\(exchange.method) is no request") }
        let target = comparison.correspondence.translated(words[1])
        let response = try await connection.http.send(
            HTTPRequest(
                method: words[0], url: "http://127.0.0.1:\(connection.httpPort)\(target)",
                headers: words[0] == "POST" ? ["Content-Type": "application/json"] : [:],
                body: try request(exchange)), timeout: .seconds(60))
        return .response(
            status: response.status, type: response.headers["Content-Type"], body: response.body)
    }

    private func compare(_ outcome: Outcome, _ exchange: RecordedExchange, _ mine: inout AnswerComparison) {
        let code = exchange.code ?? 0
        switch outcome {
        case .answer(let bytes):
            guard code == 0 else {
                return mine.differ("status", "\(code) \(exchange.message ?? "")", "an answer")
            }
            guard let schema = WireSchema.answer(to: exchange.method) else {
                return mine.differ("method", exchange.method, "is not known")
            }
            mine.compare(protobuf: exchange.responseBytes, bytes, schema, at: "")
        case .failure(let ours, let message):
            guard code == ours else {
                return mine.differ("status", "\(code) \(exchange.message ?? "")", "\(ours) \(message)")
            }
            mine.compare(text: exchange.message ?? "", message, at: "message")
        case .response(let status, let type, let body):
            guard code == status else {
                let text = String(decoding: exchange.responseBytes, as: UTF8.self)
                return mine.differ("status", "\(code) \(text)", "\(status) \(String(decoding: body, as: UTF8.self))")
            }
            if let recorded = exchange.contentType, recorded != type {
                mine.differ("Content-Type", recorded, type ?? "none")
            }
            mine.compare(json: exchange.responseBytes, body)
        }
    }

    /// The recorded request, for this chain.
    func request(_ exchange: RecordedExchange) throws -> [UInt8] {
        let bytes = exchange.requestBytes
        guard let transaction = exchange.anyTransaction else {
            return exchange.transport == "grpc" ? translated(protobuf: bytes) : translated(json: bytes)
        }
        let ours = try resigned(transaction)
        if exchange.transport == "grpc" {
            guard var message = try? WireMessage(bytes), let at = message.fields.firstIndex(where: { $0.number == 1 })
            else { return bytes }
            message.fields[at].value = .bytes(ours.protobuf)
            return message.bytes
        }
        return exchange.posted(ours, in: bytes)
    }

    /// Ids and uuids in the fields of a request.
    private func translated(protobuf bytes: [UInt8]) -> [UInt8] {
        guard var message = try? WireMessage(bytes) else { return bytes }
        var isChanged = false
        for (at, field) in message.fields.enumerated() {
            guard case .bytes(let value) = field.value else { continue }
            if value.count == 32, let ours = comparison.correspondence.ours(id: Hex.encode(value)) {
                message.fields[at].value = .bytes(Hex.decode(ours) ?? value)
                isChanged = true
            } else if value.first == UInt8(ascii: "{") {
                let text = comparison.correspondence.translated(String(decoding: value, as: UTF8.self))
                guard Array(text.utf8) != value else { continue }
                message.fields[at].value = .bytes(Array(text.utf8))
                isChanged = true
            }
        }
        return isChanged ? message.bytes : bytes
    }

    private func translated(json bytes: [UInt8]) -> [UInt8] {
        let correspondence = comparison.correspondence
        guard case .object(var members)? = try? JSON(parsing: bytes) else {
            return Array(correspondence.translated(String(decoding: bytes, as: UTF8.self)).utf8)
        }
        guard let at = members.firstIndex(where: { $0.name == "arguments" }), let arguments = members[at].value.array
        else { return Array(correspondence.translated(String(decoding: bytes, as: UTF8.self)).utf8) }
        let ours = arguments.map { argument -> JSON in
            guard let text = argument.string, let value = Base64.decode(text) else { return argument }
            let translated = correspondence.translated(String(decoding: value, as: UTF8.self))
            return JSON(Base64.encode(Array(translated.utf8)))
        }
        guard ours != arguments else { return bytes }
        members[at].value = .array(ours)
        return JSON.object(members).bytes
    }

    // MARK: transactions

    /// The same transaction for our chain: reference block and arguments translated, signed again by the keys that signed.
    /// What was signed wrongly is signed wrongly again.
    func resigned(_ transaction: Transaction) throws -> Transaction {
        var ours = transaction
        if let height = chain.heights[transaction.referenceBlockID], let id = node.blockID(at: BlockHeight(height)) {
            ours.referenceBlockID = id
        }
        let parameters = Self.uuidParameters(of: transaction)
        for index in ours.arguments.indices where index < parameters.count && parameters[index] {
            let text = String(decoding: ours.arguments[index], as: UTF8.self)
            ours.arguments[index] = Array(comparison.correspondence.translated(text, isUUID: { $0 > 64 }).utf8)
        }
        ours.payloadSignatures = try transaction.payloadSignatures.map {
            try signature($0, theirs: transaction.payloadMessage(), ours: ours.payloadMessage())
        }
        ours.envelopeSignatures = try transaction.envelopeSignatures.map {
            try signature($0, theirs: transaction.envelopeMessage(), ours: ours.envelopeMessage())
        }
        sent[transaction.id] = ours.id
        _ = comparison.correspondence.same(id: transaction.id.hex, ours.id.hex)
        return ours
    }

    /// Which parameters hold ids of tokens or listings: on the recorded chain some of them are small numbers, which
    /// elsewhere are serials and counts.
    private static func uuidParameters(of transaction: Transaction) -> [Bool] {
        let names: Set<String> = [
            "id", "ids", "listingResourceID", "listingResourceIDs", "passIDs", "collectibleIDs",
        ]
        let header = ScriptHeader(String(decoding: transaction.script, as: UTF8.self))
        return (header?.parameters ?? []).map { names.contains($0.name) && $0.type.contains("UInt64") }
    }

    private func signature(
        _ signature: Transaction.Signature, theirs: [UInt8], ours: [UInt8]
    ) throws -> Transaction.Signature {
        guard signature.signature.count == 64, signature.signature.contains(where: { $0 != 0 }),
            let keys = recording.keys[signature.address], !keys.isEmpty
        else { return signature }
        // Proposal keys all have the first one's key.
        let signer = keys[min(Int(signature.keyIndex.rawValue), keys.count - 1)].signer
        var made = signature
        made.signature = try signer.signNow(ours)
        if !signer.publicKey.verify(signature: signature.signature, message: theirs, hash: signer.hashAlgorithm) {
            made.signature[40] ^= 1
        } else if OtherS.isHigh(signature.signature, signer.publicKey.algorithm)
            != OtherS.isHigh(made.signature, signer.publicKey.algorithm)
        {
            made.signature = OtherS.of(made.signature, signer.publicKey.algorithm)
        }
        return made
    }
}
