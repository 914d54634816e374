import Cadence
import FlowClient
import Signer
import Testing

@testable import Devnet

/// A history that is told anew each time must be one that could have been.
@Suite(.timeLimit(.minutes(1)))
struct GeneratedHistoryTests {
    private static let nft = "A.f8d6e0586b0a20c7.NonFungibleToken"

    private func node(_ plan: String) throws -> DevnetNode {
        let key = try PrivateKey(algorithm: .ecdsaP256, scalar: [UInt8](repeating: 7, count: 32))
        let node = try DevnetNode(configuration: .init(servicePublicKey: key.publicKey, blockMaking: .onDemand))
        try node.generate(HistoryPlan(plan))
        return node
    }

    @Test func `each token is minted once, and each transfer takes it from whom it was`() async throws {
        let node = try node("tokens=300,transfers=1000,per-block=130,wallets=7,seed=5")
        let last = node.finalizedHeight
        #expect(last.rawValue == 10)
        var owner: [UInt64: Address] = [:]
        var mints = 0
        var transfers = 0
        var withdrawn: [UInt64: Address] = [:]
        for height in 1...last.rawValue {
            let id = try #require(node.blockID(at: BlockHeight(height)))
            for result in try await node.transactionResults(inBlock: id, encoding: .jsonCDC).value {
                for event in result.events where event.type.hasPrefix(Self.nft) {
                    let fields = try #require(try JSONCDC.decode(event.payload).asComposite)
                    let token = try #require(fields["id"]?.asUInt64)
                    #expect(fields["uuid"]?.asUInt64 == token)
                    if event.type.hasSuffix("Withdrawn") {
                        let from = try #require(fields["from"]?.asOptional??.asAddress)
                        #expect(owner.removeValue(forKey: token) == from)
                        withdrawn[token] = from
                    } else {
                        let to = try #require(fields["to"]?.asOptional??.asAddress)
                        #expect(owner[token] == nil)
                        if let from = withdrawn.removeValue(forKey: token) {
                            #expect(from != to)
                            transfers += 1
                        } else {
                            mints += 1
                        }
                        owner[token] = to
                    }
                }
            }
        }
        #expect(mints == 300 && transfers == 1000)
        #expect(owner.count == 300 && withdrawn.isEmpty)
        #expect(Set(owner.values).count <= 7)
    }

    @Test func `every way to ask tells the same, in both encodings, and CCF is as the encoder writes it`() async throws
    {
        let node = try node("tokens=70000,transfers=250,per-block=250,seed=3")
        // The smallest ids and the largest serials: every length that a number can have.
        for height in [1, 2, node.finalizedHeight.rawValue] {
            let id = try #require(node.blockID(at: BlockHeight(height)))
            let results = try await node.transactionResults(inBlock: id, encoding: .ccf).value
            let json = try await node.transactionResults(inBlock: id, encoding: .jsonCDC).value
            for (a, b) in zip(results.flatMap(\.events), json.flatMap(\.events)) {
                let value = try CCF.decode(a.payload)
                #expect(try CCF.encode(value) == a.payload)
                #expect(JSONCDC.encode(value) + [0x0a] == b.payload)
            }
            for type in ["\(Self.nft).Deposited", "A.179b6b1cb6755e31.NovaPass.Minted"] {
                let mine = results.flatMap(\.events).filter { $0.type == type }
                for encoding in [EventEncoding.ccf, .jsonCDC] {
                    let range = try await node.events(
                        ofType: type, heights: BlockHeight(height)...BlockHeight(height), encoding: encoding
                    ).value
                    let byID = try await node.events(ofType: type, blockIDs: [id], encoding: encoding).value
                    #expect(range == byID)
                    #expect(try range[0].events == mine.map { try $0.encoded(encoding) })
                }
            }
            let block = try await node.block(.id(id), full: true).value
            let collection = try await node.collection(block.collectionGuarantees[0].collectionID).value
            #expect(collection.id == TransactionCollection.id(of: collection.transactionIDs))
            let bodies = try await node.fullCollection(collection.id).value
            #expect(bodies.map(\.id) == collection.transactionIDs)
            #expect(
                results.map(\.transactionID).prefix(collection.transactionIDs.count) == collection.transactionIDs[...])
        }
    }

    @Test func `the same plan makes the same events, another seed others, and the chain goes on above`() async throws {
        func events(_ seed: Int) async throws -> [[UInt8]] {
            let node = try node("tokens=50,transfers=50,seed=\(seed)")
            return try await node.events(ofType: "\(Self.nft).Deposited", heights: 1...1, encoding: .ccf).value[0]
                .events
                .map(\.payload)
        }
        #expect(try await events(1) == events(1))
        #expect(try await events(1) != events(2))
        let chain = try TestChain(configure: { $0.blockMaking = .everyTransaction })
        try chain.node.generate(HistoryPlan("tokens=10,transfers=0"))
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        #expect(try await chain.client.run(transaction).errorMessage.isEmpty)
    }

    @Test func `nobody is told that a wallet of the history holds nothing`() async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        try chain.node.generate(HistoryPlan("tokens=10,transfers=0,wallets=3"))
        let wallet = try #require(AddressGenerator(chain: .emulator)?.address(at: 1_000_000))
        let error = await #expect(throws: AccessError.self) {
            try await chain.client.script("holdings", [.array(CadenceArray([.address(wallet)]))])
        }
        #expect(error?.message.contains("events and no state") == true)
    }

    @Test(arguments: [
        ("", "must be a name"), ("tokens", "tokens"), ("tokens=0", "tokens"), ("transfers=5", "tokens"),
        ("tokens=5,wallets=1", "wallets"), ("tokens=5,dance=1", "dance"), ("tokens=-1", "tokens"),
        ("tokens=5,per-block=0", "per-block"),
    ])
    func `a plan that is none is refused by its part`(_ text: String, _ word: String) {
        let error = #expect(throws: HistoryPlanError.self) { try HistoryPlan(text) }
        #expect(error?.description.contains(word) == true)
    }
}
