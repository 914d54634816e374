import Cadence
import Devnet
import Encoding
import FlowClient
import Foundation
import Signer
import Testing

/// Where a stand-in that is kinder, or stricter, than the chain would hide what loses money.
@Suite(.timeLimit(.minutes(1)))
struct KindnessTests {
    /// Two keys of half weight, signing in the wrong order.
    @Test func `signatures may come in any order, and the transaction has the id of the right one`() async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        try await chain.client.succeed("add_proposal_keys", [.int(BigInt(2))], by: chain.platform)
        var transaction = try await chain.client.transaction(
            script: TestChain.nothing, [], by: chain.platform, proposing: 2)
        #expect(transaction.envelopeSignatures.count == 2)
        let canonical = transaction
        transaction.envelopeSignatures.reverse()
        #expect(transaction.id != canonical.id)
        let result = try await chain.client.run(transaction.with { _ in })
        #expect(result.statusCode == 0, "\(result.errorMessage)")
        #expect(try await chain.result(canonical.id).status == .sealed)
        // Bytes in the wrong order are read as what a node makes of them.
        #expect(try Transaction(rlp: transaction.rlp).id == canonical.id)
    }

    @Test(arguments: [
        "import \"NovaPass\"\ntransaction { prepare(a: &Account) {} }",
        "import NovaPass from 0x179b6b1cb6755e31; import \"X\"\ntransaction { prepare(a: &Account) {} }",
    ]) func `an import that nothing resolved is refused by the chain`(script: String) async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        let result = try await chain.client.run(chain.client.transaction(script: script, [], by: chain.platform))
        #expect(result.errorMessage.contains("[Error Code: 1054] location ("))
        #expect(result.errorMessage.contains("is not a valid location"))
    }

    @Test func `a script and a deployment with such an import are refused too`() async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        let error = await #expect(throws: AccessError.self) {
            try await chain.node.executeScript(
                Array("import \"NovaPass\"\naccess(all) fun main() {}".utf8), arguments: [], at: .latestSealed)
        }
        #expect(error?.message.contains("1054") == true)
        let code = CadenceSources.contracts["NovaBrand"]! + "\nimport \"NovaPass\"\n"
        let result = try await chain.run("deploy_contract", [.string("NovaBrand"), .string(code)])
        #expect(result.errorMessage.contains("1054"))
    }

    @Test(arguments: ["hello", "// a comment\n  /* another /* inside */ */ hello world", "{}", "123"])
    func `what is no Cadence is refused when it is sent`(script: String) async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        let transaction = try await chain.client.transaction(script: script, [], by: chain.platform)
        let error = await #expect(throws: AccessError.self) { try await chain.node.send(transaction) }
        #expect(
            error?.message.hasPrefix("failed to parse transaction Cadence script: Parsing failed:\nerror: ") == true)
    }

    @Test(arguments: ["// only a comment\n" + TestChain.nothing, "#allowAccountLinking\n" + TestChain.nothing])
    func `what begins with a comment or a pragma is Cadence`(script: String) async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        _ = try await chain.node.send(chain.client.transaction(script: script, [], by: chain.platform))
    }

    @Test func `an account's key takes no hash that accounts do not have`() async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        func list(_ value: CadenceValue) -> CadenceValue { .array(CadenceArray([value])) }
        let key = list(.string(Hex.encode(PrivateKey.generate(.ecdsaP256).publicKey.bytes)))
        let result = try await chain.run(
            "create_account", [key, list(.uint8(1)), list(.uint8(2)), list(.ufix64(100_000_000_000))])
        #expect(
            result.errorMessage.contains("[Error Code: 1051] invalid value (2): hashing algorithm type not supported"))
    }

    @Test func `our own programs are known however they are laid out`() async throws {
        let chain = try await TestChain.withRelease(supply: 10)
        let source = try CadenceImports.resolve(
            CadenceSources.transactions["airdrop_passes"]!, addresses: chain.client.contracts)
        for (number, script) in [
            source.replacing("\n", with: "\r\n"), source.replacing("    ", with: "\t"),
            "\n\n// airdrop\n" + source + "/* end */\n",
        ].enumerated() {
            let arguments = Arguments.airdrop([("row-\(number)", nil, "usr-\(number)")], release: TestChain.release)
            let result = try await chain.client.run(
                chain.client.transaction(script: script, arguments, by: chain.platform))
            #expect(result.statusCode == 0 && !result.events.isEmpty, "\(result.errorMessage)")
        }
        let holdings = try CadenceImports.resolve(
            CadenceSources.scripts["holdings"]!, addresses: chain.client.contracts)
        _ = try await chain.node.executeScript(
            Array((" " + holdings.replacing("\n", with: "\r\n")).utf8),
            arguments: [JSONCDC.encode(.array(CadenceArray([])))], at: .latestSealed)
    }

    @Test func `a signature that is too light is so, right or wrong`() async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        try await chain.client.succeed("add_proposal_keys", [.int(BigInt(1))], by: chain.platform)
        var transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.platform)
        transaction.proposalKey.keyIndex = 1
        transaction.proposalKey.sequenceNumber = 0
        transaction.envelopeSignatures = [
            .init(address: chain.platform.address, keyIndex: 1, signature: [UInt8](repeating: 7, count: 64))
        ]
        let result = try await chain.client.run(transaction)
        #expect(result.errorMessage.hasPrefix("[Error Code: 1055]"), "\(result.errorMessage)")
    }

    @Test func `all heights at once are too many, and no reason to end the process`() async throws {
        let chain = try await TestChain.make { $0.style = .publicNode }
        let error = await #expect(throws: AccessError.self) {
            try await chain.node.events(
                ofType: "flow.AccountCreated", heights: 0...BlockHeight(.max), encoding: .jsonCDC)
        }
        #expect(error?.code == .invalidArgument && error?.message.contains("18446744073709551616") == true)
        let emulator = try await TestChain.make()
        _ = try await emulator.node.events(
            ofType: "flow.AccountCreated", heights: 0...BlockHeight(.max), encoding: .jsonCDC)
    }

    @Test func `a request without an id is told that it has none`() async throws {
        let chain = try await TestChain.make()
        let devnet = try Devnet(configuration: Keys.configuration)
        let port = try devnet.start()
        let running = Task { try await devnet.run() }
        defer { running.cancel() }
        _ = chain
        let client = GRPCAccessClient(target: "127.0.0.1:\(port)")
        for ask in [
            { _ = try await client.transaction(.zero, blockID: nil, collectionID: nil) },
            { _ = try await client.transactionResult(.zero, blockID: nil, collectionID: nil, encoding: .jsonCDC) },
            { _ = try await client.block(.id(.zero), full: true) }, { _ = try await client.collection(.zero) },
            { _ = try await client.blockHeader(.id(.zero)) },
        ] as [@Sendable () async throws -> Void] {
            let error = await #expect(throws: AccessError.self) { try await ask() }
            #expect(error?.code == .invalidArgument, "\(String(describing: error))")
        }
    }

    @Test func `a transaction without a script is none, and one without a payer lacks it`() async throws {
        let chain = try await TestChain.make()
        let good = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        let (node, stranger) = (chain.node, Keys.stranger)
        func check(_ code: AccessError.Code, _ text: String, _ change: (inout Transaction) -> Void) async {
            var bad = good
            change(&bad)
            let sent = bad
            let error = await #expect(throws: AccessError.self) { try await node.send(sent) }
            #expect(error?.code == code && error?.message == text, "\(String(describing: error))")
        }
        await check(.invalidArgument, "could not build transaction body: Script must not be empty") { $0.script = [] }
        await check(.internal, "transaction is missing required fields: [Payer]") { $0.payer = Address(rawValue: 0) }
        await check(.internal, "unrelated account signature from address: \(stranger.hex)") {
            $0.envelopeSignatures.append(.init(address: stranger, keyIndex: 0, signature: Keys.anySignature))
        }
    }

    @Test func `a message above four mebibytes is too large, not a fault of the node's`() async throws {
        let devnet = try Devnet(configuration: Keys.configuration)
        let port = try devnet.start()
        let running = Task { try await devnet.run() }
        defer { running.cancel() }
        var transaction = Transaction()
        transaction.script = [UInt8](repeating: 0x20, count: 5_000_000)
        let (client, large) = (GRPCAccessClient(target: "127.0.0.1:\(port)"), transaction)
        let error = await #expect(throws: AccessError.self) { try await client.send(large) }
        #expect(error?.code == .resourceExhausted, "\(String(describing: error))")
    }

    @Test func `what a node keeps none of is told as that`() async throws {
        let node = try await TestChain.make().node
        #expect(try await node.executionReceipts(forBlock: .zero, includeResult: false).value.isEmpty)
        #expect(try await node.executionReceipts(forResult: .zero, includeResult: false).value.isEmpty)
        #expect(try await node.protocolStateSnapshot(.latestSealed).value.isEmpty)
        for ask in [
            { _ = try await node.executionResult(.zero) }, { _ = try await node.scheduledTransaction(7) },
            { _ = try await node.scheduledTransactionResult(7, encoding: .ccf) },
            { _ = try await node.protocolStateSnapshot(.height(1_000_000)) },
        ] as [@Sendable () async throws -> Void] {
            let error = await #expect(throws: AccessError.self) { try await ask() }
            #expect(error?.code == .notFound, "\(String(describing: error))")
        }
    }
}
