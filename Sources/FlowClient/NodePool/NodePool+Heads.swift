import Daemon
import Synchronization

/// The highest blocks that were shown to us, sealed and finalized.
struct Heads: Sendable {
    struct Mark: Hashable, Sendable {
        var height: BlockHeight
        var id: BlockID
        var time = Timestamp(seconds: 0)
        /// Who told it.
        var node = 0
    }

    var marks: [BlockReference: Mark] = [:]
    /// Of the marks, what was told of them.
    var headers: [BlockReference: Reply<BlockHeader>] = [:]
    var blocks: [BlockReference: Reply<Block>] = [:]
    /// While nodes tell different blocks at one sealed height, nothing that anyone says of the head is worth going on from.
    var quarrel: AccessError?
}

extension NodePool {
    /// What a node tells of the head. Nil where that is the head now; otherwise the head that was shown before, by whichever
    /// call, which is higher: balanced nodes stand at different heights, and a lower answer is no news. Two nodes with
    /// different blocks at one sealed height is news: `dataLoss`.
    func advance(
        _ reference: BlockReference, to height: BlockHeight, _ id: BlockID, at time: Timestamp, from node: Int,
        _ keep: (inout Heads) -> Void = { _ in }
    ) throws -> Heads.Mark? {
        guard believes(reference, ShownHead(height: height, time: time), of: node) else {
            // No news, as a lower answer is none.
            if let known = heads.withLock({ $0.marks[reference] }) { return known }
            throw AccessError(
                .unavailable, "\(names[node]) tells of a sealed head \(height) that the other nodes are far from",
                node: names[node])
        }
        return try heads.withLock { heads in
            if let quarrel = heads.quarrel { throw quarrel }
            forgetImplausible(&heads, besides: node)
            if let known = heads.marks[reference], known.height >= height {
                if known.height > height { return known }
                guard reference != .latestSealed || known.id == id else {
                    throw disagreement(at: height, known.id, id, names[node])
                }
            }
            heads.marks[reference] = Heads.Mark(height: height, id: id, time: time, node: node)
            keep(&heads)
            // What is sealed is finalized, whatever a node says that is behind.
            if reference == .latestSealed, heads.marks[.latestFinalized].map({ $0.height < height }) ?? true {
                heads.marks[.latestFinalized] = heads.marks[.latestSealed]
            }
            return nil
        }
    }

    private func believes(_ reference: BlockReference, _ shown: ShownHead, of node: Int) -> Bool {
        let now = clock.now()
        let isBelieved = state.withLock { state in
            guard state.isPlausible(shown, of: node) else {
                state.disbelieve(node, at: now)
                return false
            }
            if reference == .latestSealed { state.sawHead(shown.height, at: shown.time, of: node) }
            return true
        }
        if !isBelieved {
            logger.error(
                "a node's head is not believed: the others are far from it",
                ["weir.node": names[node], "weir.height": "\(shown.height)"])
        }
        return isBelieved
    }

    /// A mark that one node set, and that those who have spoken since are far from, is taken back.
    private func forgetImplausible(_ heads: inout Heads, besides node: Int) {
        let now = clock.now()
        for (reference, mark) in heads.marks where mark.node != node {
            let shown = ShownHead(height: mark.height, time: mark.time)
            let isWrong = state.withLock { state in
                guard !state.isPlausible(shown, of: mark.node) else { return false }
                state.disbelieve(mark.node, at: now)
                return true
            }
            guard isWrong else { continue }
            logger.error(
                "the head that a node told is taken back: the others are far from it",
                ["weir.node": names[mark.node], "weir.height": "\(mark.height)"])
            heads.marks[reference] = nil
            heads.headers[reference] = nil
            heads.blocks[reference] = nil
        }
    }

    /// The highest header shown; from memory where it is there, else from a node that has the block.
    func head(_ reference: BlockReference, _ reply: Reply<BlockHeader>, from node: Int) async throws -> Reply<
        BlockHeader
    > {
        guard
            let mark = try advance(
                reference, to: reply.value.height, reply.value.id, at: reply.value.timestamp, from: node,
                { $0.headers[reference] = reply })
        else { return reply }
        if let kept = heads.withLock({ $0.headers[reference] }), kept.value.id == mark.id { return kept }
        return try await blockHeader(.id(mark.id))
    }

    func head(_ reference: BlockReference, _ reply: Reply<Block>, full: Bool, from node: Int) async throws -> Reply<
        Block
    > {
        guard
            let mark = try advance(
                reference, to: reply.value.height, reply.value.id, at: reply.value.timestamp, from: node,
                { $0.blocks[reference] = reply })
        else { return reply }
        if let kept = heads.withLock({ $0.blocks[reference] }), kept.value.id == mark.id,
            !full || kept.value.header != nil
        {
            return kept
        }
        return try await block(.id(mark.id), full: full)
    }

    /// Compares the live nodes at the highest height that all of them have shown. Where they tell different blocks, calls for
    /// the head fail until they agree again.
    func compareHeads() async {
        let shown = state.withLock { state in
            state.nodes.filter { $0.heights.isLive && $0.health.state == .up && $0.head > 0 }.map(\.head)
        }
        guard shown.count > 1, let common = shown.min() else {
            // Of those who quarrelled one is gone: the other is all there is to go by.
            if shown.count == 1, heads.withLock({ $0.quarrel != nil }) {
                logger.warning("one node is left of those that disagreed: its word counts")
                heads.withLock { $0.quarrel = nil }
            }
            return
        }
        do {
            _ = try await CallDeadline.$current.withValue(.seconds(5)) { try await crossCheck(common) }
            heads.withLock { $0.quarrel = nil }
        } catch let error as AccessError where error.code == .dataLoss {
            heads.withLock { $0.quarrel = error }
        } catch {}  // Too few could say: nothing is learned.
    }

    func disagreement(at height: BlockHeight, _ id: BlockID, _ otherID: BlockID, _ node: String) -> AccessError {
        logger.error(
            "nodes disagree on a sealed block",
            ["weir.height": "\(height)", "weir.block": id.hex, "weir.other_block": otherID.hex, "weir.node": node])
        return AccessError(
            .dataLoss, "at sealed height \(height) there are two blocks: \(id) and \(otherID)", node: node)
    }

    /// Asks every node that serves a height for its header. Returns it with the names of those who agree; those that could
    /// not say are left out, and so are those whom at least two others outvote. Throws `dataLoss` where two disagree and
    /// nobody has the majority, `unavailable` where fewer than `quorum` could say.
    public func crossCheck(_ height: BlockHeight, quorum: Int = 2) async throws -> (
        header: BlockHeader, nodes: [String]
    ) {
        let serving = state.withLock { state in
            state.nodes.indices.filter { state.nodes[$0].heights.contains(height) }
        }
        charge(serving, "GetBlockHeader")
        let answers = await withTaskGroup(of: (Int, BlockHeader?).self) { group in
            for node in serving {
                group.addTask { (node, try? await self.apis[node].blockHeader(.height(height)).value) }
            }
            return await group.reduce(into: [(Int, BlockHeader)]()) { all, answer in
                if let header = answer.1 { all.append((answer.0, header)) }
            }
        }.sorted { $0.0 < $1.0 }
        let agreeing = try majority(of: answers, at: height)
        guard let first = agreeing.first, agreeing.count >= quorum else {
            throw AccessError(
                .unavailable, "\(answers.count) of \(serving.count) nodes told block \(height), where \(quorum) must")
        }
        return (first.1, agreeing.map { names[$0.0] })
    }

    /// Those who tell one block: all of them, or more than half, and two at least. Who is outvoted is named and not believed.
    private func majority(
        of answers: [(Int, BlockHeader)], at height: BlockHeight
    ) throws -> [(Int, BlockHeader)] {
        let camps = Dictionary(grouping: answers) { $0.1.id }.values.sorted { $0.count > $1.count }
        guard camps.count > 1 else { return answers }
        let others = camps[1...].flatMap { $0 }
        for (node, header) in others {
            let error = disagreement(at: height, camps[0][0].1.id, header.id, names[node])
            guard camps[0].count >= 2, camps[0].count > others.count else { throw error }
        }
        let now = clock.now()
        state.withLock { state in for (node, _) in others { state.disbelieve(node, at: now) } }
        return camps[0]
    }

    /// Checks that history hangs together where sporks meet: that the first block of each is the child of the last block
    /// of the one before. Throws `dataLoss` naming the boundary; a boundary that no node can be asked about is returned.
    public func checkBoundaries(_ table: SporkTable) async throws -> [Spork] {
        var unknown: [Spork] = []
        for spork in table.sporks.dropFirst() where try await !continues(at: spork.rootHeight, spork.name) {
            unknown.append(spork)
        }
        return unknown
    }

    /// The same where the heights of the pool's own nodes meet.
    func checkBoundaries() async throws {
        let ends = state.withLock { state in Set(state.nodes.compactMap(\.heights.last)) }
        for end in ends.sorted() {
            let root = BlockHeight(end.rawValue + 1)
            guard try await !continues(at: root, "the spork from \(root)") else { continue }
            logger.warning("whether history hangs together could not be seen", ["weir.height": "\(root)"])
        }
    }

    /// False where no node can be asked.
    private func continues(at height: BlockHeight, _ name: String) async throws -> Bool {
        let before = BlockHeight(height.rawValue - 1)
        do {
            let root = try await blockHeader(.height(height)).value
            let last = try await blockHeader(.height(before)).value
            guard root.parentID == last.id else {
                throw AccessError(
                    .dataLoss,
                    "\(name) does not continue what was before it: block \(height) has parent \(root.parentID), block \(before) is \(last.id)"
                )
            }
            return true
        } catch let error as AccessError where error.code != .dataLoss {
            return false
        }
    }

    /// What is asked beside that which waits for its turn counts all the same.
    private func charge(_ nodes: some Sequence<Int>, _ methods: String...) {
        let now = clock.now()
        state.withLock { state in
            for node in nodes {
                for method in methods { state.charge(node, Request(kind: .other, method: method), at: now) }
            }
        }
    }

    /// One look at every node.
    func probe() async {
        charge(apis.indices, "GetNodeVersionInfo", "GetBlockHeader")
        await withDiscardingTaskGroup { group in
            for node in apis.indices { group.addTask { await self.probe(node) } }
        }
    }

    private func probe(_ node: Int) async {
        let request = Request(kind: .other, method: "GetBlockHeader")
        let began = clock.now()
        do {
            let info = try? await apis[node].nodeVersionInfo().value
            let header = try await CallDeadline.$current.withValue(.seconds(5)) {
                try await apis[node].blockHeader(.latestSealed)
            }
            state.withLock {
                $0.answered(node, request, after: clock.now() - began)
                // The emulator says zero, which teaches nothing.
                if let info {
                    $0.learnedHeights(from: max(info.nodeRootBlockHeight, info.sporkRootBlockHeight), of: node)
                }
            }
            // A disagreement is in the log; whoever asks for the head next is told.
            _ = try? advance(
                .latestSealed, to: header.value.height, header.value.id, at: header.value.timestamp, from: node
            ) { $0.headers[.latestSealed] = header }
        } catch let error as AccessError {
            let now = clock.now()
            let wentDown = state.withLock { $0.failed(node, request, error, after: now - began, at: now).wentDown }
            if wentDown { logger.warning("node is down", ["weir.node": names[node], "error": error.description]) }
        } catch {}  // cancelled: the pool is being stopped
    }
}
