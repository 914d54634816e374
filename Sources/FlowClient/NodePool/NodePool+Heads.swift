import Daemon
import Synchronization

/// The highest header and block that were shown to us, sealed and finalized.
struct Heads: Sendable {
    var headers: [BlockReference: Reply<BlockHeader>] = [:]
    var blocks: [BlockReference: Reply<Block>] = [:]
}

extension NodePool {
    /// A head that is higher than any before, or the highest one again: balanced nodes stand at different heights, and a
    /// lower answer is no news. Two nodes with different blocks at one sealed height is news: `dataLoss`.
    func advanceHead(_ reference: BlockReference, _ reply: Reply<BlockHeader>, from node: Int) throws -> Reply<
        BlockHeader
    > {
        if reference == .latestSealed { state.withLock { $0.sawHead(reply.value.height, of: node) } }
        return try heads.withLock { heads in
            if let known = heads.headers[reference], known.value.height >= reply.value.height {
                try agree(known.value.height, known.value.id, reply.value.height, reply.value.id, reference, node)
                return known
            }
            heads.headers[reference] = reply
            return reply
        }
    }

    func advanceHead(_ reference: BlockReference, _ reply: Reply<Block>, full: Bool, from node: Int) throws -> Reply<
        Block
    > {
        if reference == .latestSealed { state.withLock { $0.sawHead(reply.value.height, of: node) } }
        return try heads.withLock { heads in
            if let known = heads.blocks[reference], known.value.height >= reply.value.height {
                try agree(known.value.height, known.value.id, reply.value.height, reply.value.id, reference, node)
                // A light block cannot stand for a full one; then the lower answer is better than none.
                return full && known.value.header == nil && reply.value.header != nil ? reply : known
            }
            heads.blocks[reference] = reply
            return reply
        }
    }

    private func agree(
        _ height: BlockHeight, _ id: BlockID, _ otherHeight: BlockHeight, _ otherID: BlockID,
        _ reference: BlockReference,
        _ node: Int
    ) throws {
        guard reference == .latestSealed, height == otherHeight, id != otherID else { return }
        throw disagreement(at: height, id, otherID, names[node])
    }

    func disagreement(at height: BlockHeight, _ id: BlockID, _ otherID: BlockID, _ node: String) -> AccessError {
        logger.error(
            "nodes disagree on a sealed block",
            ["weir.height": "\(height)", "weir.block": id.hex, "weir.other_block": otherID.hex, "weir.node": node])
        return AccessError(
            .dataLoss, "at sealed height \(height) there are two blocks: \(id) and \(otherID)", node: node)
    }

    /// Asks every node that serves a height for its header. Returns it with the names of those who agree; those that could
    /// not say are left out. Throws `dataLoss` where two disagree, `unavailable` where fewer than `quorum` could say.
    public func crossCheck(_ height: BlockHeight, quorum: Int = 2) async throws -> (
        header: BlockHeader, nodes: [String]
    ) {
        let serving = state.withLock { state in
            state.nodes.indices.filter { state.nodes[$0].heights.contains(height) }
        }
        let answers = await withTaskGroup(of: (Int, BlockHeader?).self) { group in
            for node in serving {
                group.addTask { (node, try? await self.apis[node].blockHeader(.height(height)).value) }
            }
            return await group.reduce(into: [(Int, BlockHeader)]()) { all, answer in
                if let header = answer.1 { all.append((answer.0, header)) }
            }
        }.sorted { $0.0 < $1.0 }
        for (node, header) in answers where header.id != answers[0].1.id {
            throw disagreement(at: height, answers[0].1.id, header.id, names[node])
        }
        guard let first = answers.first, answers.count >= quorum else {
            throw AccessError(
                .unavailable, "\(answers.count) of \(serving.count) nodes told block \(height), where \(quorum) must")
        }
        return (first.1, answers.map { names[$0.0] })
    }

    /// Checks that history hangs together where sporks meet: that the first block of each is the child of the last block
    /// of the one before. Throws `dataLoss` naming the boundary; a boundary that no node can be asked about is returned.
    public func checkBoundaries(_ table: SporkTable) async throws -> [Spork] {
        var unknown: [Spork] = []
        for spork in table.sporks.dropFirst() {
            let before = BlockHeight(spork.rootHeight.rawValue - 1)
            do {
                let root = try await blockHeader(.height(spork.rootHeight)).value
                let last = try await blockHeader(.height(before)).value
                guard root.parentID == last.id else {
                    throw AccessError(
                        .dataLoss,
                        "\(spork.name) does not continue the spork before it: block \(spork.rootHeight) has parent \(root.parentID), block \(before) is \(last.id)"
                    )
                }
            } catch let error as AccessError where error.code != .dataLoss {
                unknown.append(spork)
            }
        }
        return unknown
    }

    /// One look at every node.
    func probe() async {
        await withDiscardingTaskGroup { group in
            for node in apis.indices { group.addTask { await self.probe(node) } }
        }
    }

    private func probe(_ node: Int) async {
        let began = clock.now()
        do {
            let info = try? await apis[node].nodeVersionInfo().value
            let header = try await CallDeadline.$current.withValue(.seconds(5)) {
                try await apis[node].blockHeader(.latestSealed)
            }
            state.withLock {
                $0.answered(node, .other, after: clock.now() - began)
                // The emulator says zero, which teaches nothing.
                if let info {
                    $0.learnedHeights(from: max(info.nodeRootBlockHeight, info.sporkRootBlockHeight), of: node)
                }
            }
            // A disagreement is in the log; whoever asks for the head next is told.
            _ = try? advanceHead(.latestSealed, header, from: node)
        } catch let error as AccessError {
            let now = clock.now()
            let request = Request(kind: .other, method: "GetLatestBlockHeader")
            let wentDown = state.withLock { $0.failed(node, request, error, after: now - began, at: now).wentDown }
            if wentDown { logger.warning("node is down", ["weir.node": names[node], "error": error.description]) }
        } catch {}  // cancelled: the pool is being stopped
    }
}
