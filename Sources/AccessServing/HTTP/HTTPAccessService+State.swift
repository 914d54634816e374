import Encoding
import FlowClient
import HTTP

extension HTTPAccessService {
    /// Inclusive.
    private static let maximumEventHeights: UInt64 = 250

    mutating func registerNetwork() {
        get("/network/parameters") { api, _ in
            ["chain_id": JSON(try await api.networkParameters().value.rawValue)]
        }
        get("/node_version_info") { api, _ in Body.nodeVersionInfo(try await api.nodeVersionInfo().value) }
    }

    mutating func registerAccounts() {
        get("/accounts/{address}") { api, request in
            let address = try request.address()
            let account = try await api.account(address, at: request.state(api)).value
            return Body.account(account, expanding: request.expanded)
        }
        get("/accounts/{address}/balance") { api, request in
            let address = try request.address()
            let state = try await request.state(api)
            let balance = try await Self.found("failed to get account balance") {
                try await api.accountBalance(address, at: state).value
            }
            return ["balance": JSON(String(balance))]
        }
        get("/accounts/{address}/keys") { api, request in
            let address = try request.address()
            let state = try await request.state(api)
            let keys = try await Self.found("failed to get account keys") {
                try await api.accountKeys(address, at: state).value
            }
            return ["keys": .array(keys.map(Body.accountKey))]
        }
        get("/accounts/{address}/keys/{index}") { api, request in
            let (address, index) = (try request.address(), try request.keyIndex())
            let state = try await request.state(api)
            let key = try await Self.found("failed to get account key with index: \(index)") {
                try await api.accountKey(address, index: index, at: state).value
            }
            return Body.accountKey(key)
        }
    }

    private static func found<Value>(_ what: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as AccessError where error.code == .notFound {
            throw Refusal(404, "\(what), reason: \(error.asGoPrintsIt)")
        }
    }

    mutating func registerEventsAndScripts() {
        get("/events") { api, request in
            let events =
                switch try EventRange(request) {
                case .blocks(let type, let ids):
                    try await api.events(ofType: type, blockIDs: ids, encoding: .jsonCDC)
                case .heights(let type, let start, let end):
                    try await api.events(
                        ofType: type, heights: try await Self.range(start, end, api), encoding: .jsonCDC)
                }
            return .array(events.value.map { Body.blockEvents($0) })
        }
        on("POST", "/scripts") { api, request in
            let (height, id) = (try request.height("block_height"), try request.blockID())
            let script = try TransactionBody.script(request.body)
            let block: BlockReference
            switch (id, height) {
            case (nil, nil), (nil, .sealed): block = .latestSealed
            case (nil, .final): block = .height(try await api.blockHeader(.latestFinalized).value.height)
            case (nil, .number(let number)): block = .height(BlockHeight(number))
            case (let id?, nil): block = .id(id)
            case (_?, _?): throw Refusal.bad("can not provide both block ID and block height")
            }
            let result = try await api.executeScript(script.source, arguments: script.arguments, at: block)
            return Body.base64(result.value)
        }
    }

    private static func range(
        _ start: UInt64, _ end: Request.Height, _ api: any AccessAPI
    ) async throws -> ClosedRange<BlockHeight> {
        let last = try await number(end, api)
        guard start <= last else {
            throw Refusal.bad("current retrieved end height value is lower than start height")
        }
        return BlockHeight(start)...BlockHeight(last)
    }

    /// What `type`, `block_ids`, `start_height` and `end_height` ask for.
    private enum EventRange {
        case blocks(String, [BlockID])
        case heights(String, UInt64, Request.Height)

        init(_ request: Request) throws {
            func height(_ name: String, _ what: String) throws -> Request.Height? {
                do { return try request.height(name) } catch let refusal as Refusal {
                    throw Refusal.bad("invalid \(what) height: \(refusal.message)")
                }
            }
            let (start, end) = (try height("start_height", "start"), try height("end_height", "end"))
            let ids = try request.blockIDs("block_ids")
            guard ids.isEmpty || start == nil && end == nil else {
                throw Refusal.bad("can only provide either block IDs or start and end height range")
            }
            guard !ids.isEmpty || start != nil && end != nil else {
                throw Refusal.bad("must provide either block IDs or start and end height range")
            }
            let type = try request.eventType()
            guard let start, let end else {
                self = .blocks(type, ids)
                return
            }
            guard case .number(let first) = start else {
                throw Refusal.bad("start height must be less than or equal to end height")
            }
            if case .number(let last) = end {
                guard first <= last else {
                    throw Refusal.bad("start height must be less than or equal to end height")
                }
                guard last - first < HTTPAccessService.maximumEventHeights else {
                    throw Refusal.bad(
                        "height range \(last - first) exceeds maximum allowed of \(HTTPAccessService.maximumEventHeights)"
                    )
                }
            }
            self = .heights(type, first, end)
        }
    }
}
