import FlowClient
import Foundation
import Testing

@testable import Indexer

@Suite struct IngestStateMachineTests {
    private func id(_ height: UInt64, salt: UInt8 = 1) -> BlockID { TestNode.blockID(BlockHeight(height), salt: salt) }
    private func block(_ height: UInt64, salt: UInt8 = 1, parentSalt: UInt8 = 1) -> BlockLink {
        BlockLink(
            height: BlockHeight(height), id: id(height, salt: salt),
            parentID: height == 0 ? .zero : id(height - 1, salt: parentSalt))
    }
    private func mark(_ height: UInt64, salt: UInt8 = 1) -> BlockMark {
        BlockMark(height: BlockHeight(height), id: id(height, salt: salt))
    }

    /// Has blocks 10 to 12.
    private func machine() throws -> IngestStateMachine {
        var machine = IngestStateMachine(start: 10)
        for height in 10...12 as ClosedRange<UInt64> { #expect(try machine.received(block(height)) == .commit) }
        return machine
    }

    @Test func `the first block's parent is not ours to judge`() throws {
        var machine = IngestStateMachine(start: 10)
        #expect(try machine.received(block(10, parentSalt: 9)) == .commit)
    }

    @Test func `blocks are committed one after the other`() throws {
        var machine = try machine()
        #expect(machine.expected == 13)
        #expect(try machine.received(block(13)) == .commit)
    }

    @Test func `a block that was delivered before is ignored`() throws {
        var machine = try machine()
        #expect(try machine.received(block(11)) == .ignore)
        #expect(try machine.received(block(12)) == .ignore)
        #expect(machine.expected == 13)
    }

    @Test func `a block from before our first is ignored`() throws {
        var machine = try machine()
        #expect(try machine.received(block(3)) == .ignore)
    }

    @Test func `a gap in heights stops the block and names what comes first`() throws {
        var machine = try machine()
        #expect(try machine.received(block(15)) == .fetch(13...14))
        #expect(machine.expected == 13)
        #expect(try machine.received(block(13)) == .commit)
    }

    @Test func `a block on another parent is a fork, and nothing goes on after it`() throws {
        var machine = try machine()
        let error = #expect(throws: IndexerError.self) { try machine.received(block(13, parentSalt: 2)) }
        #expect(error?.code == .fork)
        #expect(error?.height == 13)
        #expect(throws: IndexerError.self) { try machine.received(block(13)) }
        #expect(throws: IndexerError.self) { try machine.observedTip(mark(20)) }
        #expect(throws: IndexerError.self) { try machine.receivedNothing() }
        #expect(machine.window(limit: 9) == nil)
    }

    @Test func `another block at a height that we have is a fork`() throws {
        var machine = try machine()
        #expect(throws: IndexerError.self) { try machine.received(block(11, salt: 2)) }
        #expect(machine.stopped?.code == .fork)
    }

    @Test func `after a restart the parent of the next block is checked`() throws {
        var machine = IngestStateMachine(start: 10, after: mark(12))
        #expect(throws: IndexerError.self) { try machine.received(block(13, parentSalt: 2)) }
    }

    @Test func `a tip above us leads to fetching, a window at a time`() throws {
        var machine = try machine()
        #expect(machine.window(limit: 5) == nil)
        #expect(try machine.observedTip(mark(30)) == .advance)
        #expect(machine.window(limit: 5) == 13...17)
        #expect(machine.window(limit: 500) == 13...30)
        #expect(machine.lag == 18)
    }

    @Test func `a tip that falls is a node that lags, as long as its block is ours`() throws {
        var machine = try machine()
        #expect(try machine.observedTip(mark(30)) == .advance)
        #expect(try machine.observedTip(mark(11)) == .nothing)
        #expect(machine.tip == 30)
    }

    @Test func `a tip with another block at our height is another chain`() throws {
        var machine = try machine()
        let error = #expect(throws: IndexerError.self) { try machine.observedTip(mark(12, salt: 2)) }
        #expect(error?.code == .otherChain)
        #expect(machine.stopped != nil)
    }

    @Test func `a tip below what we remember must be compared with what we wrote`() throws {
        var machine = IngestStateMachine(start: 10, after: mark(12))
        #expect(try machine.observedTip(mark(5)) == .compare(mark(5)))
    }

    @Test func `a height that is never given becomes a gap, but not at once`() throws {
        var machine = try machine()
        _ = try machine.observedTip(mark(30))
        for _ in 0..<19 { try machine.receivedNothing() }
        let error = #expect(throws: IndexerError.self) { try machine.receivedNothing() }
        #expect(error?.code == .gap)
        #expect(error?.height == 13)
    }

    @Test func `asking at the tip for what is not there yet is no gap`() throws {
        var machine = try machine()
        for _ in 0..<100 { try machine.receivedNothing() }
        #expect(machine.stopped == nil)
    }

    @Test func `a block that is given in the end is no gap`() throws {
        var machine = try machine()
        _ = try machine.observedTip(mark(30))
        for height in 13...20 as ClosedRange<UInt64> {
            for _ in 0..<19 { try machine.receivedNothing() }
            #expect(try machine.received(block(height)) == .commit)
        }
    }

    @Test func `memory of blocks is bounded`() throws {
        var machine = IngestStateMachine(start: 0)
        for height in 0..<5_000 as Range<UInt64> { #expect(try machine.received(block(height)) == .commit) }
        #expect(try machine.received(block(10, salt: 2)) == .ignore)
        #expect(throws: IndexerError.self) { try machine.received(block(4_500, salt: 2)) }
    }
}

@Suite struct SyncStatusTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func status(height: BlockHeight, sealed: BlockHeight, age: Double, below: Double? = nil) -> SyncStatus {
        var status = SyncStatus(readAt: Self.now, epoch: 1, isHeld: true)
        (status.start, status.height, status.sealedHeight) = (0, height, sealed)
        (status.producedAt, status.sealedSeenAt) = (Self.now - age, Self.now - 1)
        status.sealedBelowSince = below.map { Self.now - $0 }
        return status
    }

    @Test func `a head that stands still is not current where blocks never cease, however often it is looked at`() {
        let halted = status(height: 50, sealed: 50, age: 600)
        #expect(halted.isCurrent(lag: 20))
        #expect(!halted.isCurrent(lag: 20, blockAge: 120))
        #expect(status(height: 50, sealed: 50, age: 100).isCurrent(lag: 20, blockAge: 120))
    }

    @Test func `a head below what is indexed is not current for longer than nodes differ`() {
        #expect(status(height: 50, sealed: 47, age: 1, below: 3).isCurrent(lag: 20))
        #expect(!status(height: 50, sealed: 47, age: 1, below: 6).isCurrent(lag: 20))
    }
}
