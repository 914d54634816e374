import FlowClient
import Synchronization

@testable import FlowClient

/// A node with a made-up chain, that does as it is told.
final class TestNode: UnimplementedAccess, @unchecked Sendable {
    struct Script: Sendable {
        var head: UInt64 = 100
        var chain: UInt64 = 0
        /// Thrown by the next calls, one each.
        var errors: [AccessError] = []
        /// Thrown by every call.
        var down: AccessError?
        /// Calls wait for it.
        var hold: HoldGate?
        /// What streams do, connection after connection; then they follow the chain and stay silent at the head.
        var connections: [[StreamStep]] = []
        var lowest: UInt64 = 0
    }

    enum StreamStep: Sendable {
        case block(UInt64)
        case blockOf(chain: UInt64, UInt64)
        case fail(AccessError)
        case end
        case silence
    }

    let script: Mutex<Script>
    let calls = Mutex<[String]>([])
    let opened = Mutex<[StreamStart]>([])

    init(_ script: Script = Script()) { self.script = Mutex(script) }

    func change(_ body: @Sendable (inout Script) -> Void) { script.withLock { body(&$0) } }
    var count: Int { calls.withLock { $0.count } }

    private func enter(_ call: String) async throws -> Script {
        calls.withLock { $0.append(call) }
        let (now, error) = script.withLock { script in
            let error = script.down ?? (script.errors.isEmpty ? nil : script.errors.removeFirst())
            return (script, error)
        }
        if let hold = now.hold { try await hold.wait() }
        if let error { throw error }
        return now
    }

    static func header(_ height: UInt64, chain: UInt64 = 0) -> BlockHeader {
        var header = BlockHeader()
        header.height = BlockHeight(height)
        header.id = .test(height, chain)
        header.parentID = .test(height &- 1, chain)
        return header
    }

    override func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
        let script = try await enter("header \(block)")
        let height: UInt64
        switch block {
        case .latestSealed, .latestFinalized: height = script.head
        case .height(let wanted): height = wanted.rawValue
        case .id(let id): height = id.raw.words.3
        }
        guard height <= script.head, height >= script.lowest else {
            throw AccessError(.notFound, "could not find block \(height)")
        }
        return Reply(Self.header(height, chain: script.chain))
    }

    override func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
        let header = try await blockHeader(block).value
        var answer = Block()
        (answer.height, answer.id, answer.parentID) = (header.height, header.id, header.parentID)
        answer.header = full ? header : nil
        return Reply(answer)
    }

    override func send(_ transaction: Transaction) async throws -> Reply<TransactionID> {
        _ = try await enter("send")
        return Reply(.zero)
    }

    override func executeScript(
        _ script: [UInt8], arguments: [[UInt8]], at block: BlockReference
    ) async throws -> Reply<[UInt8]> {
        _ = try await enter("script")
        return Reply(script)
    }

    override func events(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        let script = try await enter("events \(heights)")
        return Reply(
            heights.filter { $0.rawValue <= script.head }.map { height in
                var events = BlockEvents()
                events.blockHeight = height
                return events
            })
    }

    override func subscribeBlockHeaders(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockHeader> {
        AccessStream { [self] in
            opened.withLock { $0.append(start) }
            let now = try await enter("stream")
            var steps = script.withLock { $0.connections.isEmpty ? [] : $0.connections.removeFirst() }
            if steps.isEmpty, case .height(let from) = start {
                steps = (from.rawValue...max(now.head, from.rawValue)).map { StreamStep.block($0) }
            }
            steps.append(.silence)
            let position = Mutex(0)
            return { [steps] in
                switch steps[
                    position.withLock { at in
                        defer { at = min(at + 1, steps.count - 1) }
                        return at
                    }]
                {
                case .block(let height): return Self.header(height, chain: now.chain)
                case .blockOf(let chain, let height): return Self.header(height, chain: chain)
                case .fail(let error): throw error
                case .end: return nil
                case .silence:
                    try await HoldGate().wait()
                    return nil
                }
            }
        }
    }
}

/// Opens once; who waits leaves when cancelled.
final class HoldGate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    init() { (stream, continuation) = AsyncStream.makeStream() }
    func open() { continuation.finish() }
    func wait() async throws {
        for await _ in stream {}
        try Task.checkCancellation()
    }
}
