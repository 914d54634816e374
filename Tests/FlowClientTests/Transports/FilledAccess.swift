import FlowClient
import GRPC

@testable import Cadence
@testable import FlowClient

/// A node whose answers have every field set, and tell beside it what they were asked.
final class FilledAccess: UnimplementedAccess, @unchecked Sendable {
    private func metadata(_ method: String, _ arguments: [String]) -> ResponseMetadata {
        var metadata = ResponseMetadata()
        metadata.executorMetadata = ExecutorMetadata()
        metadata.executorMetadata?.executorIDs = ([method] + arguments).map { Array($0.utf8) }
        return metadata
    }

    private func answer<Value: FilledAnswer>(_ method: String, _ arguments: [String]) -> Reply<Value> {
        Reply(Value.filled(), metadata: metadata(method, arguments))
    }

    /// Three messages: the arguments are in the error that ends them.
    private func stream<Element: FilledAnswer>(_ method: String, _ arguments: [String]) -> AccessStream<Element> {
        AccessStream {
            var left = [Element.filled(), Element.filled(), Element.filled()]
            let elements = Box(left)
            left = []
            return {
                if let element = elements.next() { return element }
                throw AccessError(.aborted, ([method] + arguments).joined(separator: "; "))
            }
        }
    }

    override func ping() async throws {}
    override func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> { answer("nodeVersionInfo", []) }
    override func networkParameters() async throws -> Reply<ChainID> { answer("networkParameters", []) }
    override func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
        answer("blockHeader", ["\(block)"])
    }
    override func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
        answer("block", ["\(block)", "\(full)"])
    }
    override func collection(_ id: CollectionID) async throws -> Reply<TransactionCollection> {
        answer("collection", ["\(id)"])
    }
    override func fullCollection(_ id: CollectionID) async throws -> Reply<[Transaction]> {
        answer("fullCollection", ["\(id)"])
    }
    override func send(_ transaction: Transaction) async throws -> Reply<TransactionID> {
        answer("send", ["\(transaction.protobuf)"])
    }
    override func transaction(_ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?) async throws
        -> Reply<Transaction>
    { answer("transaction", ["\(id)", String(describing: blockID), String(describing: collectionID)]) }
    override func transactions(inBlock id: BlockID) async throws -> Reply<[Transaction]> {
        answer("transactionsI", ["\(id)"])
    }
    override func transactionResult(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        answer(
            "transactionResult",
            ["\(id)", String(describing: blockID), String(describing: collectionID), "\(encoding)"])
    }
    override func transactionResult(inBlock id: BlockID, index: UInt32, encoding: EventEncoding) async throws -> Reply<
        TransactionResult
    > { answer("transactionResultI", ["\(id)", "\(index)", "\(encoding)"]) }
    override func transactionResults(inBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<
        [TransactionResult]
    > { answer("transactionResultsI", ["\(id)", "\(encoding)"]) }
    override func systemTransaction(inBlock id: BlockID, transactionID: TransactionID?) async throws -> Reply<
        Transaction
    > { answer("systemTransactionI", ["\(id)", String(describing: transactionID)]) }
    override func systemTransactionResult(inBlock id: BlockID, transactionID: TransactionID?, encoding: EventEncoding)
        async throws -> Reply<TransactionResult>
    { answer("systemTransactionResultI", ["\(id)", String(describing: transactionID), "\(encoding)"]) }
    override func scheduledTransaction(_ id: UInt64) async throws -> Reply<Transaction> {
        answer("scheduledTransaction", ["\(id)"])
    }
    override func scheduledTransactionResult(_ id: UInt64, encoding: EventEncoding) async throws -> Reply<
        TransactionResult
    > { answer("scheduledTransactionResult", ["\(id)", "\(encoding)"]) }
    override func account(_ address: Address, at state: StateReference) async throws -> Reply<Account> {
        answer("account", ["\(address)", "\(state)"])
    }
    override func accountBalance(_ address: Address, at state: StateReference) async throws -> Reply<UInt64> {
        answer("accountBalance", ["\(address)", "\(state)"])
    }
    override func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]> {
        answer("accountKeys", ["\(address)", "\(state)"])
    }
    override func accountKey(_ address: Address, index: KeyIndex, at state: StateReference) async throws -> Reply<
        AccountKey
    > { answer("accountKey", ["\(address)", "\(index)", "\(state)"]) }
    override func executeScript(_ script: [UInt8], arguments: [[UInt8]], at block: BlockReference) async throws
        -> Reply<[UInt8]>
    { answer("executeScript", ["\(script)", "\(arguments)", "\(block)"]) }
    override func events(ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding) async throws
        -> Reply<[BlockEvents]>
    { answer("eventsO", ["\(type)", "\(heights)", "\(encoding)"]) }
    override func events(ofType type: String, blockIDs: [BlockID], encoding: EventEncoding) async throws -> Reply<
        [BlockEvents]
    > { answer("eventsO", ["\(type)", "\(blockIDs)", "\(encoding)"]) }
    override func protocolStateSnapshot(_ block: BlockReference) async throws -> Reply<[UInt8]> {
        answer("protocolStateSnapshot", ["\(block)"])
    }
    override func executionResult(forBlock id: BlockID) async throws -> Reply<ExecutionResult> {
        answer("executionResultF", ["\(id)"])
    }
    override func executionResult(_ id: Identifier) async throws -> Reply<ExecutionResult> {
        answer("executionResult", ["\(id)"])
    }
    override func executionReceipts(forBlock id: BlockID, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]>
    { answer("executionReceiptsF", ["\(id)", "\(includeResult)"]) }
    override func executionReceipts(forResult id: Identifier, includeResult: Bool) async throws -> Reply<
        [ExecutionReceipt]
    > { answer("executionReceiptsF", ["\(id)", "\(includeResult)"]) }
    override func subscribeBlocks(from start: StreamStart, status: BlockStatus, full: Bool) -> AccessStream<Block> {
        stream("subscribeBlocks", ["\(start)", "\(status)", "\(full)"])
    }
    override func subscribeBlockHeaders(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockHeader> {
        stream("subscribeBlockHeaders", ["\(start)", "\(status)"])
    }
    override func subscribeBlockDigests(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockDigest> {
        stream("subscribeBlockDigests", ["\(start)", "\(status)"])
    }
    override func sendAndSubscribe(_ transaction: Transaction, encoding: EventEncoding) -> AccessStream<
        TransactionResult
    > { stream("sendAndSubscribe", ["\(transaction.protobuf)", "\(encoding)"]) }
    override func executionData(forBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<BlockExecutionData>
    { answer("executionDataF", ["\(id)", "\(encoding)"]) }
    override func registerValues(_ ids: [RegisterID], at height: BlockHeight) async throws -> Reply<[[UInt8]]> {
        answer("registerValues", ["\(ids)", "\(height)"])
    }
    override func subscribeExecutionData(from start: StreamStart, encoding: EventEncoding) -> AccessStream<
        ExecutionDataMessage
    > { stream("subscribeExecutionData", ["\(start)", "\(encoding)"]) }
    override func subscribeEvents(
        from start: StreamStart, filter: EventFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<EventsMessage> {
        stream("subscribeEvents", ["\(start)", "\(filter)", "\(heartbeat)", "\(encoding)"])
    }
    override func subscribeAccountStatuses(
        from start: StreamStart, filter: AccountStatusFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<AccountStatusesMessage> {
        stream("subscribeAccountStatuses", ["\(start)", "\(filter)", "\(heartbeat)", "\(encoding)"])
    }
}

final class Box<Element: Sendable>: @unchecked Sendable {
    // One consumer at a time.
    private var elements: [Element]
    init(_ elements: [Element]) { self.elements = elements.reversed() }
    func next() -> Element? { elements.popLast() }
}

protocol FilledAnswer: Sendable {
    static func filled() -> Self
}

extension ProtobufMessage {
    static func filled() -> Self { Filler.filled(Self.self) }
}

extension Block: FilledAnswer {
    static func filled() -> Block {
        var block: Block = Filler.filled(Block.self)
        block.status = .finalized
        return block
    }
}

extension BlockHeader: FilledAnswer {
    static func filled() -> BlockHeader {
        var header: BlockHeader = Filler.filled(BlockHeader.self)
        header.status = .finalized
        return header
    }
}

extension NodeVersionInfo: FilledAnswer {}
extension TransactionCollection: FilledAnswer {}
extension Transaction: FilledAnswer {}
extension Account: FilledAnswer {
    static func filled() -> Account {
        var account: Account = Filler.filled(Account.self)
        account.contracts = ["One": [1]]  // the order of several is nobody's
        return account
    }
}

extension AccountKey: FilledAnswer {}
extension BlockEvents: FilledAnswer {}
extension ExecutionResult: FilledAnswer {}
extension ExecutionReceipt: FilledAnswer {}
extension BlockExecutionData: FilledAnswer {}
extension BlockDigest: FilledAnswer {}
extension ExecutionDataMessage: FilledAnswer {}
extension EventsMessage: FilledAnswer {}
extension AccountStatusesMessage: FilledAnswer {}

extension TransactionResult: FilledAnswer {
    static func filled() -> TransactionResult { Filler.filled(TransactionResultResponse.self).result }
}

extension ChainID: FilledAnswer {
    static func filled() -> ChainID { .testnet }
}

extension TransactionID: FilledAnswer {
    static func filled() -> TransactionID { TransactionID(raw: id(77)) }
}

extension UInt64: FilledAnswer {
    static func filled() -> UInt64 { 123_456_789_000 }
}

extension Array: FilledAnswer where Element: FilledAnswer {
    static func filled() -> [Element] { [.filled(), .filled()] }
}

extension UInt8: FilledAnswer {
    static func filled() -> UInt8 { 200 }
}

func id(_ number: UInt8) -> Identifier { Identifier(bytes: [UInt8](repeating: number, count: 32))! }

/// One call of the protocol, and what came of it in words.
struct Call: Sendable {
    let name: String
    let body: @Sendable (any AccessAPI) async throws -> String
    init(name: String, _ body: @escaping @Sendable (any AccessAPI) async throws -> String) {
        self.name = name
        self.body = body
    }
}

func said<Value>(_ reply: Reply<Value>) -> String {
    "\(reply.value) \(reply.metadata.executorMetadata?.executorIDs.map { String(decoding: $0, as: UTF8.self) } ?? [])"
}

func said<Element>(_ stream: AccessStream<Element>) async throws -> String {
    var words = ""
    do {
        for try await element in stream { words += "\(element)\n" }
    } catch let error as AccessError {
        words += "\(error.code) \(error.message)"
    }
    return words
}

/// Every call of the protocol, in each of its forms.
let allCalls: [Call] = {
    let blocks: [BlockReference] = [.latestSealed, .latestFinalized, .height(44), .id(BlockID(raw: id(10)))]
    let states: [StateReference] = [.latest, .height(55)]
    let starts: [StreamStart] = [.latest, .height(66), .blockID(BlockID(raw: id(11)))]
    let transaction = Filler.filled(Transaction.self)
    var calls: [Call] = []
    calls.append(
        Call(name: "ping") { api in
            try await api.ping(); return ""
        })
    calls.append(Call(name: "nodeVersionInfo") { api in try await said(api.nodeVersionInfo()) })
    calls.append(Call(name: "networkParameters") { api in try await said(api.networkParameters()) })
    for block in blocks {
        calls.append(Call(name: "blockHeader \(block)") { api in try await said(api.blockHeader(block)) })
    }
    for block in blocks {
        calls.append(Call(name: "block \(block)") { api in try await said(api.block(block, full: true)) })
    }
    calls.append(Call(name: "collection") { api in try await said(api.collection(CollectionID(raw: id(1)))) })
    calls.append(Call(name: "fullCollection") { api in try await said(api.fullCollection(CollectionID(raw: id(1)))) })
    calls.append(Call(name: "send") { api in try await said(api.send(transaction)) })
    calls.append(
        Call(name: "transaction") { api in
            try await said(
                api.transaction(
                    TransactionID(raw: id(2)), blockID: BlockID(raw: id(4)), collectionID: CollectionID(raw: id(5))))
        })
    calls.append(Call(name: "transactions") { api in try await said(api.transactions(inBlock: BlockID(raw: id(3)))) })
    calls.append(
        Call(name: "transactionResult") { api in
            try await said(
                api.transactionResult(
                    TransactionID(raw: id(2)), blockID: BlockID(raw: id(4)), collectionID: CollectionID(raw: id(5)),
                    encoding: .ccf))
        })
    calls.append(
        Call(name: "transactionResult") { api in
            try await said(api.transactionResult(inBlock: BlockID(raw: id(3)), index: 7, encoding: .ccf))
        })
    calls.append(
        Call(name: "transactionResults") { api in
            try await said(api.transactionResults(inBlock: BlockID(raw: id(3)), encoding: .ccf))
        })
    calls.append(
        Call(name: "systemTransaction") { api in
            try await said(
                api.systemTransaction(inBlock: BlockID(raw: id(3)), transactionID: TransactionID(raw: id(6))))
        })
    calls.append(
        Call(name: "systemTransactionResult") { api in
            try await said(
                api.systemTransactionResult(
                    inBlock: BlockID(raw: id(3)), transactionID: TransactionID(raw: id(6)), encoding: .ccf))
        })
    calls.append(Call(name: "scheduledTransaction") { api in try await said(api.scheduledTransaction(8)) })
    calls.append(
        Call(name: "scheduledTransactionResult") { api in
            try await said(api.scheduledTransactionResult(8, encoding: .ccf))
        })
    for state in states {
        calls.append(
            Call(name: "account \(state)") { api in
                try await said(api.account(Address(rawValue: 0x0102_0304_0506_0708), at: state))
            })
    }
    for state in states {
        calls.append(
            Call(name: "accountBalance \(state)") { api in
                try await said(api.accountBalance(Address(rawValue: 0x0102_0304_0506_0708), at: state))
            })
    }
    for state in states {
        calls.append(
            Call(name: "accountKeys \(state)") { api in
                try await said(api.accountKeys(Address(rawValue: 0x0102_0304_0506_0708), at: state))
            })
    }
    for state in states {
        calls.append(
            Call(name: "accountKey \(state)") { api in
                try await said(api.accountKey(Address(rawValue: 0x0102_0304_0506_0708), index: 9, at: state))
            })
    }
    for block in blocks {
        calls.append(
            Call(name: "executeScript \(block)") { api in
                try await said(api.executeScript([1, 2, 3], arguments: [[4], [], [5, 6]], at: block))
            })
    }
    calls.append(
        Call(name: "events") { api in
            try await said(api.events(ofType: "flow.AccountCreated", heights: 11...22, encoding: .ccf))
        })
    calls.append(
        Call(name: "events") { api in
            try await said(
                api.events(
                    ofType: "flow.AccountCreated", blockIDs: [BlockID(raw: id(7)), BlockID(raw: id(8))], encoding: .ccf)
            )
        })
    for block in blocks {
        calls.append(
            Call(name: "protocolStateSnapshot \(block)") { api in try await said(api.protocolStateSnapshot(block)) })
    }
    calls.append(
        Call(name: "executionResult") { api in try await said(api.executionResult(forBlock: BlockID(raw: id(3)))) })
    calls.append(Call(name: "executionResult") { api in try await said(api.executionResult(id(9))) })
    calls.append(
        Call(name: "executionReceipts") { api in
            try await said(api.executionReceipts(forBlock: BlockID(raw: id(3)), includeResult: true))
        })
    calls.append(
        Call(name: "executionReceipts") { api in
            try await said(api.executionReceipts(forResult: id(9), includeResult: true))
        })
    for start in starts {
        calls.append(
            Call(name: "subscribeBlocks \(start)") { api in
                try await said(api.subscribeBlocks(from: start, status: .finalized, full: true))
            })
    }
    for start in starts {
        calls.append(
            Call(name: "subscribeBlockHeaders \(start)") { api in
                try await said(api.subscribeBlockHeaders(from: start, status: .finalized))
            })
    }
    for start in starts {
        calls.append(
            Call(name: "subscribeBlockDigests \(start)") { api in
                try await said(api.subscribeBlockDigests(from: start, status: .finalized))
            })
    }
    calls.append(
        Call(name: "sendAndSubscribe") { api in try await said(api.sendAndSubscribe(transaction, encoding: .ccf)) })
    calls.append(
        Call(name: "executionData") { api in
            try await said(api.executionData(forBlock: BlockID(raw: id(3)), encoding: .ccf))
        })
    calls.append(
        Call(name: "registerValues") { api in
            try await said(api.registerValues([RegisterID(owner: [1], key: [2])], at: 33))
        })
    for start in starts {
        calls.append(
            Call(name: "subscribeExecutionData \(start)") { api in
                try await said(api.subscribeExecutionData(from: start, encoding: .ccf))
            })
    }
    for start in starts {
        calls.append(
            Call(name: "subscribeEvents \(start)") { api in
                try await said(
                    api.subscribeEvents(
                        from: start, filter: EventFilter(eventTypes: ["a"], contracts: ["b"], addresses: ["c"]),
                        heartbeat: 8, encoding: .ccf))
            })
    }
    for start in starts {
        calls.append(
            Call(name: "subscribeAccountStatuses \(start)") { api in
                try await said(
                    api.subscribeAccountStatuses(
                        from: start, filter: AccountStatusFilter(eventTypes: ["a"], addresses: [Address(rawValue: 5)]),
                        heartbeat: 8, encoding: .ccf))
            })
    }
    return calls
}()
