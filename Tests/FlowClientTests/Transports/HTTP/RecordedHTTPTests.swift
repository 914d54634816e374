import Foundation
import HTTP
import Recordings
import TestSupport
import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

@Suite(.timeLimit(.minutes(2)))
struct RecordedHTTPTests {
    let twins: RecordedTwins

    init() throws { twins = try RecordedTwins.story.get() }

    private func read<Body: HTTPBody>(_ exchange: RecordedExchange, as type: Body.Type = Body.self) throws -> Body {
        try HTTPBodies.read(exchange.body) { try $0.value() }
    }

    private func list<Body: HTTPBody>(_ exchange: RecordedExchange, of type: Body.Type = Body.self) throws -> [Body] {
        try HTTPBodies.read(exchange.body) { try $0.list() }
    }

    @Test func `the node and its network are the same over both`() throws {
        #expect(
            try read(twins.http("GET /v1/network/parameters")[0], as: NetworkParameters.self).chainID == twins.chain)
        let info = try read(twins.http("GET /v1/node_version_info")[0], as: NodeVersionInfo.self)
        #expect(info == twins.info)
    }

    @Test func `blocks are the same over both, as far as HTTP tells them`() throws {
        var compared = 0
        for exchange in twins.http("GET /v1/blocks") where exchange.code == 200 && !exchange.method.contains("select") {
            let isExpanded = exchange.method.contains("expand=payload")
            for body in try list(exchange, of: BlockBody.self) {
                let header = try #require(body.block.header)
                let twin = try #require(twins.headers[header.id], "\(exchange.method)")
                #expect(header.parentID == twin.parentID)
                #expect(header.height == twin.height)
                #expect(header.timestamp == twin.timestamp)
                #expect(header.parentVoterSignature == twin.parentVoterSignature)
                #expect(body.block.status == .sealed)
                #expect(body.hasPayload == isExpanded)
                compared += 1
                guard isExpanded, let block = twins.blocks[header.id] else { continue }
                // What is in gRPC's field of this name is always empty.
                let guarantees = block.collectionGuarantees.map { guarantee in
                    var guarantee = guarantee
                    guarantee.signatures = []
                    return guarantee
                }
                #expect(body.block.collectionGuarantees == guarantees)
                #expect(body.block.seals == block.seals)
                let light = body.block.light
                #expect((light.id, light.parentID, light.height) == (block.id, block.parentID, block.height))
                #expect(light.timestamp == block.timestamp)
                #expect(light.header == nil && light.seals.isEmpty)
            }
        }
        #expect(compared == 9)
    }

    @Test func `a block of which something was selected away is refused, and the missing field named`() throws {
        let exchange = try #require(twins.http("GET /v1/blocks").first { $0.method.contains("select") })
        let error = #expect(throws: BodyError.self) { try list(exchange, of: BlockBody.self) }
        #expect(error?.description == "$[0].header.parent_id: it must be there")
    }

    @Test func `events are the same over both, block by block and byte by byte`() throws {
        let exchange = try #require(twins.http("GET /v1/events").first { $0.code == 200 })
        let twin = try #require(twins.events["A.f8d6e0586b0a20c7.NonFungibleToken.Deposited"])
        let blocks = try list(exchange, of: BlockEvents.self)
        #expect(blocks.map(\.blockHeight) == (0...160).map { BlockHeight($0) })
        var events = 0
        for block in blocks.dropFirst() {
            guard let other = twin[block.blockID] else { continue }
            #expect(block == other)
            events += block.events.count
        }
        #expect(events > 20)
    }

    @Test func `transactions and their results are the same over both`() throws {
        var compared = 0
        for exchange in twins.http("GET /v1/transactions/") where exchange.code == 200 {
            let transaction = try read(exchange, as: Transaction.self)
            let id = try #require(TransactionID(hex: exchange.name))
            #expect(transaction.id == id)
            #expect(transaction == twins.transactions[id])
            compared += 1
        }
        #expect(compared == 4)
        for exchange in twins.http("GET /v1/transaction_results/") {
            var result = try read(exchange, as: TransactionResult.self)
            let id = try #require(TransactionID(hex: exchange.name))
            #expect(result.transactionID == id)
            guard let twin = twins.results[id] else {
                // One that nobody knows, and one that was sent over HTTP itself.
                #expect(result.status == .unknown ? result.events.isEmpty : result.statusCode == 1)
                if result.status == .sealed { #expect(FailureCode(first: result.errorMessage)?.number == 1101) }
                continue
            }
            #expect(result.blockHeight == 0)
            result.blockHeight = twin.blockHeight
            #expect(result == twin)
            compared += 1
        }
        #expect(compared == 8)
    }

    @Test func `accounts, keys and balances are the same over both`() throws {
        var compared = 0
        for exchange in twins.http("GET /v1/accounts/") where exchange.code == 200 {
            let address = try #require(Address(exchange.method.split(separator: "?")[0].split(separator: "/")[3]))
            let twin = try #require(twins.accounts[address])
            if exchange.method.contains("/keys/") {
                #expect(try read(exchange, as: AccountKey.self) == twin.keys[0])
            } else if exchange.name == "keys" {
                #expect(try read(exchange, as: AccountKeyList.self).keys == twin.keys)
            } else if exchange.name == "balance" {
                #expect(try read(exchange, as: AccountBalance.self).balance == twin.balance)
            } else {
                let body = try read(exchange, as: AccountBody.self)
                #expect(body.account.address == address && body.account.balance == twin.balance)
                let expanded = Set(["keys", "contracts"].filter { exchange.method.contains($0) })
                #expect(Set(body.unexpanded) == Set(["keys", "contracts"]).subtracting(expanded))
                #expect(body.account.keys == (expanded.contains("keys") ? twin.keys : []))
                #expect(body.account.contracts == (expanded.contains("contracts") ? twin.contracts : [:]))
            }
            compared += 1
        }
        #expect(compared == 6)
    }

    @Test func `a script answers the same over both`() throws {
        let exchange = try #require(twins.http("POST /v1/scripts").first { $0.code == 200 })
        let value = try HTTPBodies.read(exchange.body) { try $0.base64() }
        #expect(twins.scripts.contains(value))
        #expect(try JSONCDC.decode(value) == .int(BigInt(42)))
    }

    @Test func `what was posted is what we would post, to the last field`() throws {
        var compared = 0
        for exchange in twins.http("POST /v1/transactions") where exchange.code == 200 {
            let posted = try JSON(parsing: [UInt8](exchange.request ?? Data()))
            let answered = try read(exchange, as: Transaction.self)
            #expect(try sorted(TransactionPost(answered).json) == sorted(posted))
            #expect(try read(exchange, as: TransactionReceipt.self).id == answered.id)
            compared += 1
        }
        #expect(compared == 1)
    }

    /// Members in the order of their names.
    private func sorted(_ json: JSON) -> JSON {
        switch json {
        case .object(let members):
            .object(members.map { .init($0.name, sorted($0.value)) }.sorted { $0.name < $1.name })
        case .array(let elements): .array(elements.map(sorted))
        default: json
        }
    }

    @Test(arguments: ["story", "errors"])
    func `every recorded refusal has the code and the words that gRPC has for it`(name: String) throws {
        var codes: [AccessError.Code: Int] = [:]
        for exchange in try Recording(name).exchanges() where exchange.transport == "http" && exchange.code != 200 {
            let status = try #require(exchange.code)
            let error = AccessError(HTTPResponse(status: status, body: exchange.body), method: "M", node: "N")
            #expect(error.code == (status == 404 ? .notFound : .invalidArgument), "\(exchange.n)")
            #expect(
                !error.message.isEmpty && !error.message.contains("Flow argument")
                    && !error.message.contains("\"code\""))
            codes[error.code, default: 0] += 1
            // Where the same was asked over gRPC, its words are there.
            if error.message.contains("could not find transaction") {
                #expect(twins.refusals[error.message] == .notFound)
            }
            if error.message.contains("[Error Code: 1101]") {
                #expect(FailureCode(first: error.message)?.number == 1101)
                #expect(error.message.hasPrefix("[Error Code: 1101]"))
                #expect(error.verdict == .permanent)
            }
        }
        #expect(codes == (name == "story" ? [.notFound: 3, .invalidArgument: 13] : [.invalidArgument: 10]))
    }
}
