import HTTP

extension HTTPAccessClient {
    /// Without view, chain, proposer and payload hash: the API does not show them.
    public func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
        let body = try await withOneDeadline { try await find(block, [:]) }
        var header = body.block.header!
        header.status = body.block.status
        return Reply(header)
    }

    /// `full` adds the header and the seals; what else is in a full block (receipts, results, the protocol state) the API
    /// does not show.
    public func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
        let body = try await withOneDeadline { try await find(block, ["expand": "payload"]) }
        guard body.hasPayload else { throw wrong("the block came without its payload", "GET /v1/blocks") }
        return Reply(full ? body.block : body.block.light)
    }

    func find(_ block: BlockReference, _ query: [String: String]) async throws -> BlockBody {
        let found =
            switch block {
            case .latestSealed: try await blocks(["height": "sealed"], query)
            case .latestFinalized: try await blocks(["height": "final"], query)
            case .height(let height): try await blocks(at: height, query)
            case .id(let id):
                try await askedTwice { () async throws -> [BlockBody] in
                    try await get("/blocks/\(id)", Self.list(query)) { try $0.list() }
                }
            }
        guard found.count == 1 else { throw wrong("asked for one block, got \(found.count)", "GET /v1/blocks") }
        let one = found[0].block
        switch block {
        case .id(let id) where one.id != id: throw wrong("asked for block \(id), got \(one.id)", "GET /v1/blocks")
        case .height(let height) where one.height != height:
            throw wrong("asked for height \(height), got \(one.height)", "GET /v1/blocks")
        default: break
        }
        heights[one.id] = one.height
        return found[0]
    }

    private func blocks(_ place: [String: String], _ query: [String: String]) async throws -> [BlockBody] {
        try await get("/blocks", Self.list(place) + Self.list(query)) { try $0.list() }
    }

    private static func list(_ query: [String: String]) -> [(String, String)] { query.map { ($0.key, $0.value) } }

    // `/blocks` makes a 404 of every error (onflow/flow-go engine/access/rest/http/routes/blocks.go), so that one is asked
    // again before absence is believed; and a height that the node has passed is not absent, but cannot be had now.

    private func askedTwice<Value>(_ ask: () async throws -> Value) async throws -> Value {
        do { return try await ask() } catch let error as AccessError where error.code == .notFound {
            return try await ask()
        }
    }

    private func blocks(at height: BlockHeight, _ query: [String: String]) async throws -> [BlockBody] {
        let ask = { [self] in try await blocks(["height": "\(height)"], query) }
        do { return try await ask() } catch let error as AccessError where error.code == .notFound {
            guard height <= (try await find(.latestFinalized, [:]).block.height),
                height >= (try await nodeVersionInfo().value.nodeRootBlockHeight)
            else { throw error }
        }
        do { return try await ask() } catch var error as AccessError where error.code == .notFound {
            error.code = .unavailable
            error.message += ": the node has passed this height, and does not give it"
            throw error
        }
    }
}

extension Block {
    /// Without what only a full answer has.
    var light: Block {
        var light = self
        light.header = nil
        light.seals = []
        return light
    }
}
