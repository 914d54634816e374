import GRPC
import Testing

/// A message's bytes, in one slice or in several.
@Suite(.timeLimit(.minutes(1)))
struct MessageTests {
    /// Not two small ones in a row: the core makes one of these.
    private let runs: [[UInt8]] = [
        [UInt8](0..<5), [UInt8](repeating: 7, count: 5000), [], [UInt8](repeating: 8, count: 40), [9],
    ]

    private func slices(_ message: GRPCMessage) -> [[UInt8]] { message.withUnsafeSlices { $0.map { Array($0) } } }

    @Test func `slices are lent as they came, and joined when somebody wants them in one run`() {
        let message = GRPCMessage(copying: runs)
        #expect(message.count == 5046)
        #expect(slices(message) == runs)
        #expect(message.bytes == Array(runs.joined()))
        #expect(slices(message) == [Array(runs.joined())])
        #expect(message.bytes == Array(runs.joined()))
    }

    @Test(arguments: [[], [[]], [[1]], [[UInt8](repeating: 1, count: 3000)]] as [[[UInt8]]])
    func `one slice, none, and a slice of nothing are messages too`(runs: [[UInt8]]) {
        let message = GRPCMessage(copying: runs)
        #expect(slices(message) == runs)
        #expect(message.count == runs.joined().count)
        #expect(message.bytes == Array(runs.joined()))
    }

    @Test func `one slice is lent at the same place each time`() {
        let message = GRPCMessage(copying: [[UInt8](repeating: 1, count: 3000)])
        let start = message.withUnsafeBytes { $0.baseAddress }
        #expect(start == message.withUnsafeBytes { $0.baseAddress })
        #expect(start == message.withUnsafeSlices { $0[0].baseAddress })
    }

    @Test func `what is lent stays while another joins it`() {
        let message = GRPCMessage(copying: runs)
        message.withUnsafeSlices { slices in
            #expect(message.bytes == Array(runs.joined()))
            #expect(slices.map { Array($0) } == runs)
        }
        #expect(slices(message).count == 1)
    }

    @Test func `many who want it joined at once get one and the same run`() async {
        for _ in 0..<50 {
            let message = GRPCMessage(copying: runs)
            let whole = Array(runs.joined())
            let places = await withTaskGroup(of: UInt.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        if number.isMultiple(of: 2) {
                            #expect(message.withUnsafeSlices { slices in Array(slices.joined()) } == whole)
                        }
                        return message.withUnsafeBytes { bytes in
                            #expect(bytes.elementsEqual(whole))
                            return UInt(bitPattern: bytes.baseAddress)
                        }
                    }
                }
                return await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(places.count == 1)
        }
    }

    @Test func `a body's error passes through`() {
        struct Enough: Error {}
        for runs in [runs, [[1]]] {
            let message = GRPCMessage(copying: runs)
            #expect(throws: Enough.self) { try message.withUnsafeSlices { _ throws(Enough) in throw Enough() } }
            #expect(throws: Enough.self) { try message.withUnsafeBytes { _ throws(Enough) in throw Enough() } }
        }
    }

    /// Bytes that tell where they are from.
    private func answer(of count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 >> 3) } }

    @Test func `an answer of several MiB comes in slices that are its bytes, and small ones in one`() async throws {
        let answer = answer(of: 5 << 20)
        let handlers: [String: GRPCHandler] = [
            "/t/Big": .unary { _, _ in answer }, "/t/Small": .unary { _, _ in [1, 2, 3] },
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            let big = try await channel.unary("/t/Big", []).message
            let lent = slices(big)
            #expect(lent.count > 1)
            #expect(Array(lent.joined()) == answer)
            #expect(big.bytes == answer)
            #expect(slices(big).count == 1)
            let small = try await channel.unary("/t/Small", []).message
            #expect(slices(small) == [[1, 2, 3]])
        }
    }

    @Test(arguments: ["gzip", "deflate"])
    func `a compressed answer is the same bytes`(algorithm: String) async throws {
        let answer = answer(of: 3 << 20)
        let handlers: [String: GRPCHandler] = [
            // The core compresses when its own header asks for it (compression_types.h).
            "/t/Big": .unary { call, _ in
                call.initialMetadata = ["grpc-internal-encoding-request": algorithm]
                return answer
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            let response = try await channel.unary("/t/Big", [])
            #expect(Array(slices(response.message).joined()) == answer)
            #expect(response.message.bytes == answer)
        }
    }
}
