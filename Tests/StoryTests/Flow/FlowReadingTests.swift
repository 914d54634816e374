import Cadence
import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import HTTP
import Signer
import Testing

/// `weir flow head|block|account|tx` against a devnet, over each transport: what is printed is what the node says.
@Suite(.timeLimit(.minutes(3)))
struct FlowReadingTests {
    typealias Transport = FlowWorld.Transport
    private let wallet = InMemorySigner(key: .generate(.ecdsaSecp256k1), hashAlgorithm: .sha2_256)

    @Test(arguments: Transport.allCases)
    func `the heads are those of the node, and how many blocks are not sealed`(transport: Transport) async throws {
        try await FlowWorld.with(sealLag: 3) { world in
            world.node.makeBlocks(10)
            let head = try await world.json("flow", "head", over: transport)
            let sealed = try await world.node.blockHeader(.latestSealed).value
            let finalized = try await world.node.blockHeader(.latestFinalized).value
            #expect(head["chain"]?.string == "flow-emulator")
            #expect(head[path: "sealed", "height"]?.integer(UInt64.self) == sealed.height.rawValue)
            #expect(head[path: "sealed", "id"]?.string == sealed.id.hex)
            #expect(head[path: "finalized", "id"]?.string == finalized.id.hex)
            #expect(head["unsealed"]?.integer() == 3)
            let table = try await world.weir("flow", "head", over: transport)
            #expect(table.status == 0)
            for words in [sealed.id.hex, finalized.id.hex, "\(sealed.height)", "3 blocks"] {
                #expect(table.output.contains(words))
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func `a block is found by height and by id, with its transactions`(transport: Transport) async throws {
        try await FlowWorld.with { world in
            let account = try await world.bootstrap.makeAccount(signer: wallet, flow: 0)
            let height = world.node.finalizedHeight
            let block = try await world.node.block(.height(height), full: false).value
            let results = try await world.node.transactionResults(inBlock: block.id, encoding: .jsonCDC).value
            for reference in ["\(height)", block.id.hex] {
                let shown = try await world.json("flow", "block", reference, "--transactions", over: transport)
                #expect(shown["height"]?.integer(UInt64.self) == height.rawValue)
                #expect(shown["id"]?.string == block.id.hex)
                #expect(shown["parentID"]?.string == block.parentID.hex)
                #expect(
                    shown["collections"]?.array?.map(\.string) == block.collectionGuarantees.map(\.collectionID.hex))
                #expect(shown["transactions"]?.array?.map { $0["id"]?.string } == results.map(\.transactionID.hex))
            }
            let created = try await world.json("flow", "block", block.id.hex, "--transactions", over: transport)
            let events = created["transactions"]?.array?.first?["events"]?.array ?? []
            #expect(
                events.contains { $0["type"]?.string == "flow.AccountCreated" && $0.text.contains(account.address.hex) }
            )
        }
    }

    @Test(arguments: Transport.allCases)
    func `a block that is not there is said so, with the head; a wrong reference names the rule`(transport: Transport)
        async throws
    {
        try await FlowWorld.with { world in
            world.node.makeBlocks(4)
            let absent = try await world.weir("flow", "block", "99999", over: transport)
            #expect(absent.status == 1)
            #expect(absent.errors.contains("no block 99999") && absent.errors.contains("head of flow-emulator is 4"))
            #expect(absent.output.isEmpty)
            for wrong in ["-1", "0x10", "12ab", String(repeating: "a", count: 63), "18446744073709551616", "latest"] {
                let refused = try await world.weir("flow", "block", wrong, over: transport)
                #expect(refused.status == 2)
                #expect(
                    refused.errors.contains("BLOCK: expected a height, an id of 64 hex digits, sealed or final"),
                    "\(refused.errors)")
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func `an account has its balance, keys and contracts`(transport: Transport) async throws {
        try await FlowWorld.with { world in
            let account = try await world.bootstrap.makeAccount(signer: wallet, flow: 7)
            let truth = try await world.node.account(account.address, at: .latest).value
            let shown = try await world.json("flow", "account", account.address.hex, over: transport)
            #expect(shown["address"]?.string == account.address.hex)
            #expect(shown["balance"]?.string == "\(UFix64(rawValue: truth.balance))")
            let key = try #require(shown["keys"]?.array?.first)
            #expect(key["publicKey"]?.string == wallet.publicKey.hex)
            #expect(key["weight"]?.integer() == 1000)
            #expect(key["signatureAlgorithm"]?.string == "ECDSA_secp256k1")
            #expect(key["hashAlgorithm"]?.string == "SHA2_256")
            #expect(key["revoked"]?.bool == false)

            let service = try await world.json("flow", "account", "0xf8d6e0586b0a20c7", over: transport)
            #expect(service["keys"]?.array?.first?["sequenceNumber"]?.integer() == 2)
            let names = try await world.node.account(world.bootstrap.service.address, at: .latest).value.contracts.keys
                .sorted()
            #expect(service["contracts"]?.array?.map { $0["name"]?.string } == names)
            let table = try await world.weir("flow", "account", account.address.hex, over: transport)
            for words in ["7.00", "SHA2_256", wallet.publicKey.hex, "sequence"] {
                #expect(table.output.contains(words))
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func `an account as it was after an older block is another one`(transport: Transport) async throws {
        try await FlowWorld.with { world in
            let account = try await world.bootstrap.makeAccount(signer: wallet, flow: 0)
            let before = world.node.finalizedHeight
            try await world.bootstrap.client.succeed(
                "transfer_flow", [.ufix64(300_000_000), .address(account.address)], by: world.bootstrap.service)
            let now = try await world.json("flow", "account", account.address.hex, over: transport)
            let then = try await world.json(
                "flow", "account", account.address.hex, "--at", "\(before)", over: transport)
            let truth = try await world.node.account(account.address, at: .height(before)).value.balance
            #expect(then["balance"]?.string == "\(UFix64(rawValue: truth))")
            #expect(now["balance"] != then["balance"])
            let unborn = try await world.weir("flow", "account", account.address.hex, "--at", "0", over: transport)
            #expect(unborn.status == 1)
            #expect(
                unborn.errors.contains("no account \(account.address)") && unborn.errors.contains("height 0"),
                "\(unborn.errors)")
        }
    }

    @Test(arguments: Transport.allCases)
    func `an address of another chain, a wrong one and an unused one are told apart`(transport: Transport) async throws
    {
        try await FlowWorld.with { world in
            let foreign = try await world.weir("flow", "account", "1654653399040a61", over: transport)
            #expect(foreign.status == 1)
            #expect(foreign.errors.contains("no address of flow-emulator") && foreign.errors.contains("Do:"))
            for wrong in ["hello", "0x", "12345678901234567", ""] {
                let refused = try await world.weir("flow", "account", wrong, over: transport)
                #expect(refused.status == 2)
                #expect(
                    refused.errors.contains("ADDRESS: expected an address, 1 to 16 hex digits"), "\(refused.errors)")
            }
            let unused = try #require(AddressGenerator(chain: .emulator)?.address(at: 5000))
            let absent = try await world.weir("flow", "account", unused.hex, over: transport)
            #expect(absent.status == 1)
            #expect(absent.errors.contains("there is no account \(unused)"), "\(absent.errors)")
        }
    }

    @Test(arguments: Transport.allCases)
    func `a transaction shows its outcome and events; a failed one its reason and remedy, and exit code 1`(
        transport: Transport
    )
        async throws
    {
        try await FlowWorld.with { world in
            let client = world.bootstrap.client
            let good = try await client.transaction(
                "transfer_flow", [.ufix64(100_000_000), .address(world.bootstrap.service.address)],
                by: world.bootstrap.service)
            let result = try await client.run(good)
            let shown = try await world.json("flow", "tx", good.id.hex, over: transport)
            #expect(shown["outcome"]?.string == "sealed")
            #expect(shown["blockHeight"]?.integer(UInt64.self) == result.blockHeight.rawValue)
            #expect(shown["payer"]?.string == good.payer.hex)
            let types = shown["events"]?.array?.map { $0["type"]?.string }
            #expect(types == result.events.map(\.type))
            for (event, truth) in zip(shown["events"]?.array ?? [], result.events) {
                #expect(try event["value"] == JSON(parsing: JSONCDC.encode(try JSONCDC.decode(truth.payload))))
            }

            let bad = try await client.transaction(
                "transfer_flow", [.ufix64(.max), .address(world.bootstrap.service.address)], by: world.bootstrap.service
            )
            let failure = try #require(TransactionFailure.classify(try await client.run(bad)))
            let told = try await world.weir("flow", "tx", bad.id.hex, over: transport)
            #expect(told.status == 1)
            for words in ["failed", "\(failure.code!)", failure.remedy, "used up"] {
                #expect(told.output.contains(words), "\(words): \(told.output)")
            }
            #expect(
                try await world.json("flow", "tx", bad.id.hex, over: transport)[path: "error", "code"]?.integer()
                    == failure.code?.number)
        }
    }

    @Test(arguments: Transport.allCases)
    func `an unknown transaction is unknown, and no id is no id`(transport: Transport) async throws {
        try await FlowWorld.with { world in
            let id = String(repeating: "ab", count: 32)
            let unknown = try await world.weir("flow", "tx", id, over: transport)
            #expect(unknown.status == 1)
            #expect(unknown.errors.contains("no node that was asked knows transaction \(id)"))
            for wrong in ["ab", id + "0", String(repeating: "g", count: 64)] {
                let refused = try await world.weir("flow", "tx", wrong, over: transport)
                #expect(refused.status == 2)
                #expect(refused.errors.contains("ID: expected a transaction's id, 64 hex digits"))
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func `waiting ends when the transaction is sealed, and tells each step`(transport: Transport) async throws {
        try await FlowWorld.with(blockMaking: .onDemand) { world in
            let transaction = try await world.bootstrap.client.transaction(
                "transfer_flow", [.ufix64(1), .address(world.bootstrap.service.address)], by: world.bootstrap.service)
            _ = try await world.node.send(transaction)
            let process = try WeirProcess(["flow", "tx", transaction.id.hex, "--wait", "--node", world.url(transport)])
            #expect(await process.line(containing: "pending") != nil)
            world.node.makeBlock()
            let ended = await process.end()
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(ended.errors.contains("sealed") && ended.output.contains("sealed"))
        }
    }

    @Test(arguments: Transport.allCases)
    func `a node that is away for a while is told, and ends no wait`(transport: Transport) async throws {
        try await FlowWorld.with(blockMaking: .onDemand) { world in
            let transaction = try await world.bootstrap.client.transaction(
                "transfer_flow", [.ufix64(1), .address(world.bootstrap.service.address)], by: world.bootstrap.service)
            _ = try await world.node.send(transaction)
            let process = try WeirProcess(["flow", "tx", transaction.id.hex, "--wait", "--node", world.url(transport)])
            #expect(await process.line(containing: "pending") != nil)
            world.node.misbehave { $0.unavailableCalls = .max }
            #expect(await process.line(containing: "asking again") != nil)
            world.node.makeBlock()
            world.node.misbehave { $0.unavailableCalls = 0 }
            let ended = await process.end()
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(ended.output.contains("sealed"))
        }
    }

    @Test func `a node that can't be reached is said so with exit code 69, whatever is asked for`() async throws {
        let commands = [
            ["head"], ["block", "5"], ["account", "f8d6e0586b0a20c7"], ["tx", String(repeating: "00", count: 32)],
        ]
        for command in commands {
            let ended = try await WeirProcess.run(
                ["flow"] + command + ["--node", "grpc://127.0.0.1:1", "--timeout", "5s"])
            #expect(ended.status == 69)
            #expect(
                ended.errors.contains("127.0.0.1:1 could not be asked") && ended.errors.contains("Do:"),
                "\(ended.errors)")
            #expect(!ended.errors.contains("there is no") && ended.output.isEmpty)
        }
    }

    @Test func `with two nodes, one of them gone, the other one answers`() async throws {
        try await FlowWorld.with { world in
            world.node.makeBlocks(3)
            let ended = try await WeirProcess.run([
                "flow", "block", "3", "--node", "grpc://127.0.0.1:1,\(world.url(.grpc))",
            ])
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(ended.output.contains(try await world.node.blockHeader(.height(3)).value.id.hex))
        }
    }

    @Test func `the configured nodes are asked where none is named, and wrong names are refused with the rule`()
        async throws
    {
        try await FlowWorld.with { world in
            try await withTemporaryDirectory { directory in
                try Data("flow: {nodes: [\"\(world.url(.grpc))\"]}".utf8).write(
                    to: URL(fileURLWithPath: directory + "/weir.yaml"))
                let ended = try await WeirProcess.run(["flow", "head", "--json"], directory: directory)
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.output.contains("flow-emulator"))
            }
            for (wrong, hint) in [
                ("ftp://x", "expected grpc://"), ("mainet", "Did you mean mainnet?"), ("grpc://", "--node"),
            ] {
                let refused = try await WeirProcess.run(["flow", "head", "--node", wrong])
                #expect(refused.status == 2)
                #expect(refused.errors.contains(hint), "\(refused.errors)")
            }
        }
    }
}
