public import Cadence
import Encoding
import HTTP

extension HTTPAccessClient: AccessAPI {
    /// The API has no ping: the cheapest question stands for it.
    public func ping() async throws { _ = try await networkParameters() }

    public func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> {
        Reply(try await get("/node_version_info") { try $0.value() })
    }

    public func networkParameters() async throws -> Reply<ChainID> {
        let parameters: NetworkParameters = try await get("/network/parameters") { try $0.value() }
        return Reply(ChainID(parameters.chainID))
    }

    // MARK: Accounts

    public func account(_ address: Address, at state: StateReference) async throws -> Reply<Account> {
        let query = [Self.height(state), ("expand", "keys,contracts")]
        let body: AccountBody = try await get("/accounts/\(address.hex)", query) { try $0.value() }
        guard body.account.address == address, body.unexpanded.isEmpty else {
            throw wrong("asked for all of account \(address), got another or a part", "GET /v1/accounts/…")
        }
        return Reply(body.account)
    }

    public func accountBalance(_ address: Address, at state: StateReference) async throws -> Reply<UInt64> {
        let answer: AccountBalance = try await get("/accounts/\(address.hex)/balance", [Self.height(state)]) {
            try $0.value()
        }
        return Reply(answer.balance)
    }

    public func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]> {
        let answer: AccountKeyList = try await get("/accounts/\(address.hex)/keys", [Self.height(state)]) {
            try $0.value()
        }
        return Reply(answer.keys)
    }

    public func accountKey(
        _ address: Address, index: KeyIndex, at state: StateReference
    ) async throws -> Reply<AccountKey> {
        let key: AccountKey = try await get("/accounts/\(address.hex)/keys/\(index)", [Self.height(state)]) {
            try $0.value()
        }
        guard key.index == index else {
            throw wrong("asked for key \(index), got \(key.index)", "GET /v1/accounts/…/keys/…")
        }
        return Reply(key)
    }

    private static func height(_ state: StateReference) -> (String, String) {
        switch state {
        case .latest: ("block_height", "sealed")
        case .height(let height): ("block_height", "\(height)")
        }
    }

    // MARK: Scripts and events

    public func executeScript(
        _ script: [UInt8], arguments: [[UInt8]], at block: BlockReference
    ) async throws -> Reply<[UInt8]> {
        let place: (String, String)
        switch block {
        case .latestSealed: place = ("block_height", "sealed")
        case .height(let height): place = ("block_height", "\(height)")
        case .id(let id): place = ("block_id", id.hex)
        case .latestFinalized:
            throw AccessError(
                .invalidArgument, "scripts run against executed blocks: sealed, by height or by id", node: node)
        }
        let body: JSON = [
            "script": .string(Base64.encode(script)), "arguments": .array(arguments.map { .string(Base64.encode($0)) }),
        ]
        return Reply(try await post("/scripts", [place], body: body) { try $0.base64() })
    }

    public func events(
        ofType type: String, heights range: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        try requireJSON(encoding)
        let query = [("type", type), ("start_height", "\(range.lowerBound)"), ("end_height", "\(range.upperBound)")]
        return Reply(try await get("/events", query) { try $0.list() })
    }

    /// In as many requests as it takes: the API answers for 50 blocks at a time.
    public func events(
        ofType type: String, blockIDs: [BlockID], encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        try requireJSON(encoding)
        return try await withOneDeadline {
            var all: [BlockEvents] = []
            var rest = blockIDs[...]
            // Of no blocks there are none: the API takes an empty list for a question without one.
            while !rest.isEmpty {
                let ids = rest.prefix(50).map(\.hex).joined(separator: ",")
                all += try await get("/events", [("type", type), ("block_ids", ids)]) { try $0.list() }
                rest = rest.dropFirst(50)
            }
            return Reply(all)
        }
    }

    // MARK: Execution

    /// Service events come without payloads, chunks without what their execution data is called.
    public func executionResult(forBlock id: BlockID) async throws -> Reply<ExecutionResult> {
        let found: [ExecutionResult] = try await get("/execution_results", [("block_id", id.hex)]) { try $0.list() }
        guard found.count == 1, found[0].blockID == id.bytes else {
            throw wrong("asked for the result of block \(id), got another, or several", "GET /v1/execution_results")
        }
        return Reply(found[0])
    }

    public func executionResult(_ id: Identifier) async throws -> Reply<ExecutionResult> {
        Reply(try await get("/execution_results/\(id)") { try $0.value() })
    }

    public func executionReceipts(forBlock id: BlockID, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]> {
        try await receipts("/execution_receipts", [("block_id", id.hex)], includeResult)
    }

    public func executionReceipts(
        forResult id: Identifier, includeResult: Bool
    ) async throws -> Reply<[ExecutionReceipt]> {
        try await receipts("/execution_receipts/results/\(id)", [], includeResult)
    }

    private func receipts(
        _ path: String, _ query: [(String, String)], _ includeResult: Bool
    ) async throws -> Reply<[ExecutionReceipt]> {
        let expand = includeResult ? [("expand", "execution_result")] : []
        let receipts: [ExecutionReceipt] = try await get(path, query + expand) { try $0.list() }
        guard receipts.allSatisfy({ ($0.result != nil) == includeResult }) else {
            throw wrong(
                "receipts came with results or without, and were asked for otherwise", "GET /v1/execution_receipts")
        }
        return Reply(receipts)
    }

    // MARK: What the API has no route for

    public func systemTransaction(inBlock id: BlockID, transactionID: TransactionID?) async throws -> Reply<Transaction>
    {
        throw unimplemented("question for system transactions")
    }

    public func systemTransactionResult(
        inBlock id: BlockID, transactionID: TransactionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        throw unimplemented("question for results of system transactions")
    }

    public func protocolStateSnapshot(_ block: BlockReference) async throws -> Reply<[UInt8]> {
        throw unimplemented("protocol state snapshots")
    }

    public func executionData(forBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<BlockExecutionData> {
        throw unimplemented("execution data")
    }

    public func registerValues(_ ids: [RegisterID], at height: BlockHeight) async throws -> Reply<[[UInt8]]> {
        throw unimplemented("register values")
    }

    public func subscribeExecutionData(
        from start: StreamStart, encoding: EventEncoding
    ) -> AccessStream<ExecutionDataMessage> {
        AccessStream(failing: unimplemented("streams of execution data"))
    }
}
