import Devnet
import FlowClient
import Testing

/// Whoever carries a call: cancelling the task ends it, here and at the node, and throws `CancellationError` alone.
@Suite(.timeLimit(.minutes(1)))
struct AccessCancellationTests {
    enum Call: CaseIterable {
        case reading, sending, opening, waiting, sendingAndWatching
    }

    @Test(arguments: ConformanceTransport.allCases, Call.allCases)
    func `cancelling the task ends the call, at the node too`(transport: ConformanceTransport, call: Call) async throws
    {
        try await ConformanceWorld.with(.inProcess) { world in
            let transaction = try await world.transaction()
            let node = SilentNode(opens: call == .waiting)
            try await transport.reaching(node) { api in
                let task = Task {
                    switch call {
                    case .reading: _ = try await api.networkParameters()
                    case .sending: _ = try await api.send(transaction)
                    case .opening, .waiting:
                        for try await _ in api.subscribeBlockDigests(from: .latest, status: .sealed) {}
                    case .sendingAndWatching:
                        for try await _ in api.sendAndSubscribe(transaction, encoding: .jsonCDC) {}
                    }
                }
                await node.asked.wait()
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                await node.left.wait()
            }
        }
    }

    @Test(arguments: ConformanceTransport.allCases.filter(\.isWire))
    func `a task that is cancelled before it asks is told so, and whoever comes after is answered`(
        transport: ConformanceTransport
    ) async throws {
        try await ConformanceWorld.with(transport) { (world) async throws in
            let reading = Task {
                await Gate().wait()
                return try await world.api.networkParameters().value
            }
            let watching = Task {
                await Gate().wait()
                for try await _ in world.api.subscribeBlockDigests(from: .height(0), status: .sealed) {}
            }
            reading.cancel()
            watching.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
            await #expect(throws: CancellationError.self) { try await watching.value }
            #expect(try await world.api.networkParameters().value == .emulator)
        }
    }

    @Test(arguments: ConformanceTransport.allCases.filter(\.isWire))
    func `a node that does not answer is given up at the scope's deadline`(
        transport: ConformanceTransport
    ) async throws {
        let node = SilentNode(opens: false)
        try await transport.reaching(node) { (api) async throws in
            let error = await #expect(throws: AccessError.self) {
                try await CallDeadline.$current.withValue(.milliseconds(200)) { try await api.networkParameters() }
            }
            #expect(error?.code == .deadlineExceeded)
        }
    }
}

/// Opens once; who waits leaves when it is open, or when cancelled.
private final class Gate: Sendable {
    private let stream = AsyncStream.makeStream(of: Never.self)
    func open() { stream.continuation.finish() }
    func wait() async { for await _ in stream.stream {} }
}

/// A node that never answers. It tells when it was asked, and when nobody waits for it any more.
private final class SilentNode: PartialAccessAPI {
    let asked = Gate()
    let left = Gate()
    /// Whether streams begin, and then are silent; otherwise they do not begin.
    private let opens: Bool

    init(opens: Bool) { self.opens = opens }

    private func silence() async throws {
        asked.open()
        await Gate().wait()
        left.open()
        throw CancellationError()
    }

    func networkParameters() async throws -> Reply<ChainID> {
        try await silence()
        return Reply(.emulator)
    }

    func send(_ transaction: Transaction) async throws -> Reply<TransactionID> {
        try await silence()
        return Reply(transaction.id)
    }

    private func silentStream<Element>() -> AccessStream<Element> {
        AccessStream { [self] in
            if !opens { try await silence() }
            return { [self] in
                try await silence()
                return nil
            }
        }
    }

    func subscribeBlockDigests(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockDigest> {
        silentStream()
    }

    func sendAndSubscribe(_ transaction: Transaction, encoding: EventEncoding) -> AccessStream<TransactionResult> {
        silentStream()
    }
}
