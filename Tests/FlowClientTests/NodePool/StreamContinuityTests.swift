import Testing

@testable import FlowClient

@Suite struct StreamContinuityTests {
    private func mark(_ height: UInt64, chain: UInt64 = 0, index: UInt64? = nil) -> StreamMark {
        StreamMark(
            height: BlockHeight(height), id: .test(height, chain), parentID: .test(height &- 1, chain), index: index)
    }

    @Test func `heights in order are delivered`() {
        var stream = StreamContinuity(longestStep: 1)
        for height in 5...50 { #expect(stream.accept(mark(UInt64(height))) == .deliver) }
        #expect(stream.last?.height == 50)
    }

    @Test func `a gap opens the stream again at the last height, and nothing is delivered twice`() {
        var stream = StreamContinuity(longestStep: 1)
        stream.opened()
        #expect(stream.accept(mark(5)) == .deliver)
        guard case .reopen = stream.accept(mark(7)) else { return #expect(Bool(false)) }
        #expect(stream.last?.height == 5)
        stream.opened()
        #expect(stream.accept(mark(5)) == .drop)
        #expect(stream.accept(mark(6)) == .deliver)
        #expect(stream.accept(mark(6)) == .drop)
    }

    @Test func `another block at the last height is a fork, and so is a child of another`() {
        var stream = StreamContinuity(longestStep: 1)
        #expect(stream.accept(mark(5)) == .deliver)
        var same = stream
        guard case .fork = same.accept(mark(5, chain: 1)) else { return #expect(Bool(false)) }
        guard case .fork = stream.accept(mark(6, chain: 1)) else { return #expect(Bool(false)) }
    }

    @Test func `a height that goes back is dropped after a resumption and distrusted otherwise`() {
        var stream = StreamContinuity(longestStep: 1)
        _ = stream.accept(mark(5))
        _ = stream.accept(mark(6))
        guard case .reopen = stream.accept(mark(4)) else { return #expect(Bool(false)) }
        stream.opened()
        #expect(stream.accept(mark(4)) == .drop)
        #expect(stream.accept(mark(6)) == .drop)
        #expect(stream.accept(mark(7)) == .deliver)
        guard case .reopen = stream.accept(mark(4)) else { return #expect(Bool(false)) }
    }

    @Test func `silent blocks are skipped up to the heartbeat and no further`() {
        var stream = StreamContinuity(longestStep: 5)
        #expect(stream.accept(mark(10)) == .deliver)
        #expect(stream.accept(mark(15)) == .deliver)
        guard case .reopen = stream.accept(mark(21)) else { return #expect(Bool(false)) }
        var unknown = StreamContinuity(longestStep: nil)
        #expect(unknown.accept(mark(10)) == .deliver)
        #expect(unknown.accept(mark(1000)) == .deliver)
    }

    @Test func `a message that is missing from the count opens the stream again`() {
        var stream = StreamContinuity(longestStep: nil)
        stream.opened()
        #expect(stream.accept(mark(10, index: 0)) == .deliver)
        #expect(stream.accept(mark(12, index: 1)) == .deliver)
        guard case .reopen = stream.accept(mark(16, index: 3)) else { return #expect(Bool(false)) }
        stream.opened()
        #expect(stream.accept(mark(12, index: 0)) == .drop)
        #expect(stream.accept(mark(14, index: 1)) == .deliver)
    }

    @Test func `a connection that does not begin to count at 0 has lost something`() {
        var stream = StreamContinuity(longestStep: nil)
        stream.opened()
        guard case .reopen = stream.accept(mark(10, index: 2)) else { return #expect(Bool(false)) }
        #expect(stream.last == nil)
        stream.opened()
        #expect(stream.accept(mark(10, index: 0)) == .deliver)
    }
}

extension BlockID {
    /// A block of a made-up chain.
    static func test(_ height: UInt64, _ chain: UInt64 = 0) -> BlockID {
        BlockID(raw: Identifier(words: (chain, 0, 0, height)))
    }
}
