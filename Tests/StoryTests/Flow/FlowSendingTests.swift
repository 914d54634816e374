import Cadence
import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import HTTP
import Signer
import Testing

/// `weir flow send|script|events` and `weir tx` against a devnet, over each transport.
@Suite(.timeLimit(.minutes(3)))
struct FlowSendingTests {
    typealias Transport = FlowWorld.Transport
    private let wallet = InMemorySigner(key: .generate(.ecdsaSecp256k1), hashAlgorithm: .sha2_256)
    private static let service = "f8d6e0586b0a20c7"

    private func environment(_ world: FlowWorld) -> [String: String] {
        ["WEIR_ACCOUNT_ADDRESS": Self.service, "WEIR_ACCOUNT_PRIVATE_KEY": world.serviceScalar]
    }

    private func send(
        _ arguments: String..., world: FlowWorld, over transport: Transport = .grpc, input: String? = nil
    ) async throws -> WeirProcess.Ended {
        try await WeirProcess.run(
            ["flow", "send"] + arguments + ["--node", world.url(transport)], environment: environment(world),
            input: input)
    }

    @Test(arguments: Transport.allCases)
    func `what is sent moves the money once, and is told as the node tells it`(transport: Transport) async throws {
        try await FlowWorld.with { world in
            let account = try await world.bootstrap.makeAccount(signer: wallet, flow: 0)
            let before = try await world.node.accountBalance(account.address, at: .latest).value
            let sent = try await send(
                "transfer_flow", "--arg", "2.5", "--arg", account.address.hex, "--json", world: world, over: transport)
            #expect(sent.status == 0, "\(sent.errors)")
            #expect(try await world.node.accountBalance(account.address, at: .latest).value == before + 250_000_000)
            let told = try JSON(parsing: Array(sent.output.utf8))
            let id = try #require(told["id"]?.string)
            #expect(sent.errors.hasPrefix("sending \(id)\n"))
            let shown = try await world.json("flow", "tx", id, over: transport)
            #expect(shown["outcome"]?.string == "sealed")
            #expect(shown["events"]?.array?.count == told["events"]?.array?.count)

            // The same bytes once more: taken, and nothing happens.
            let number = try await world.node.accountKey(Address(Self.service)!, index: 0, at: .latest).value
                .sequenceNumber
            let again = try await send(
                "transfer_flow", "--args", #"{"amount": "1.0", "to": "\#(account.address.hex)"}"#, "--dry-run",
                world: world,
                over: transport)
            #expect(again.status == 0, "\(again.errors)")
            #expect(
                try await world.node.accountKey(Address(Self.service)!, index: 0, at: .latest).value.sequenceNumber
                    == number)
            for _ in 0..<2 {
                let sent = try await send("-", "--signed", world: world, over: transport, input: again.output)
                #expect(sent.status == 0, "\(sent.errors)")
            }
            #expect(try await world.node.accountBalance(account.address, at: .latest).value == before + 350_000_000)
        }
    }

    @Test(arguments: Transport.allCases)
    func `a transaction that fails ends with its reason, a remedy and exit code 1`(transport: Transport) async throws {
        try await FlowWorld.with { world in
            let failed = try await send(
                "transfer_flow", "--arg", "184000000000.0", "--arg", Self.service, world: world, over: transport)
            #expect(failed.status == 1)
            #expect(failed.output.contains("failed") && failed.output.contains("do "), "\(failed.output)")
        }
    }

    @Test func `what could not work is refused before anything is sent`() async throws {
        try await FlowWorld.with { world in
            let service = Address(Self.service)!
            let number = try await world.node.accountKey(service, index: 0, at: .latest).value.sequenceNumber
            let cases: [([String], String)] = [
                (["transfer_flow"], "2 arguments were expected (amount: UFix64, to: Address), 0 were given"),
                (["transfer_flow", "--arg", "-1.0", "--arg", "0x1"], "amount"),
                (["transfer_flow", "--arg", "1.0", "--arg", "nobody"], "to"),
                (
                    ["transfer_flow", "--args", #"{"amount": "1.0", "from": "0x1"}"#],
                    "there is no such parameter (at from)"
                ),
                (["transfer_flow", "--arg", #"{"type":"UInt8","value":"1"}"#, "--arg", "0x1"], "amount"),
                (["no_such_file.cdc"], "no_such_file.cdc can't be read"),
                (["holdings.cdc"], "holdings.cdc can't be read"),
                (["transfer_flow", "--limit", "10000"], "--limit"),
                (["-", "--signed"], "no transaction in RLP"),
            ]
            for (arguments, words) in cases {
                let refused = try await WeirProcess.run(
                    ["flow", "send"] + arguments + ["--node", world.url(.grpc)], environment: environment(world),
                    input: "c0")
                #expect(refused.status == 2, "\(arguments): \(refused.errors)")
                #expect(refused.errors.contains(words), "\(arguments): \(refused.errors)")
            }
            for source in ["access(all) fun main() {}", "transaction { prepare(a: &Account, b: &Account) {} }"] {
                let refused = try await send("-", world: world, input: source)
                #expect(refused.status == 2 && refused.errors.contains("TRANSACTION: "), "\(refused.errors)")
            }
            let other = try await WeirProcess.run(
                ["flow", "send", "transfer_flow", "--arg", "1.0", "--arg", "0x1", "--node", world.url(.grpc)],
                environment: [
                    "WEIR_ACCOUNT_ADDRESS": Self.service,
                    "WEIR_ACCOUNT_PRIVATE_KEY": String(repeating: "17", count: 32),
                ])
            #expect(other.status == 1 && other.errors.contains("has no key with the public key"), "\(other.errors)")
            #expect(try await world.node.accountKey(service, index: 0, at: .latest).value.sequenceNumber == number)
        }
    }

    @Test(arguments: Transport.allCases)
    func `a script answers as the node does, and a wrong one says where`(transport: Transport) async throws {
        try await FlowWorld.with { world in
            let platform = try await world.bootstrap.platform(signer: wallet, proposalKeys: 1)
            let truth = try await world.bootstrap.client.script(
                "holdings", [.array(CadenceArray([.address(platform.address)]))])
            let shown = try await world.weir(
                "flow", "script", "holdings", "--args", #"{"addresses": ["\#(platform.address.hex)"]}"#, "--json",
                over: transport, environment: ["WEIR_FLOW_CONTRACTS_ADDRESS": platform.address.hex])
            #expect(shown.status == 0, "\(shown.errors)")
            #expect(try JSONCDC.decode(Array(shown.output.trimmingCharacters(in: .newlines).utf8)) == truth)
            let late = try await world.weir(
                "flow", "script", "holdings", "--arg", "[]", "--at", "99999", over: transport,
                environment: ["WEIR_FLOW_CONTRACTS_ADDRESS": platform.address.hex])
            #expect(late.status == 1 && late.output.isEmpty && !late.errors.isEmpty)
            let final = try await world.weir(
                "flow", "script", "holdings", "--arg", "[]", "--at", "final", over: transport)
            #expect(final.status == 2 && final.errors.contains("--at"))
        }
    }

    @Test(arguments: Transport.allCases)
    func `events of any range are those of the node, in order, and heights beyond the head are not told as empty`(
        transport: Transport
    ) async throws {
        try await FlowWorld.with { world in
            var heights: [UInt64] = []
            for gap in [0, 300, 249, 3] {
                world.node.makeBlocks(gap)
                _ = try await world.bootstrap.makeAccount(signer: wallet, flow: 0)
                heights.append(world.node.finalizedHeight.rawValue)
            }
            let head = world.node.finalizedHeight
            let shown = try await world.weir(
                "flow", "events", "flow.AccountCreated", "--from", "0", "--json", over: transport)
            #expect(shown.status == 0, "\(shown.errors)")
            let rows = try shown.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
            #expect(rows.compactMap { $0["blockHeight"]?.integer(UInt64.self) } == heights)
            #expect(rows.allSatisfy { $0["type"]?.string == "flow.AccountCreated" && $0["value"] != nil })

            let part = try await world.weir(
                "flow", "events", "flow.AccountCreated", "--from", "\(heights[1])", "--to", "\(heights[2])",
                over: transport)
            #expect(part.status == 0 && part.output.split(separator: "\n").count == 3, "\(part.output)")

            let beyond = try await world.weir(
                "flow", "events", "flow.AccountCreated", "--from", "\(head)", "--to", "\(head.rawValue + 10)",
                over: transport)
            #expect(beyond.status == 1 && beyond.output.contains("\(head)"))
            #expect(
                beyond.errors.contains("heights \(head.rawValue + 1) to \(head.rawValue + 10) have not been searched"))
            for wrong in ["AccountCreated", "A.1.X.Y", "flow.", "A.f8d6e0586b0a20c7.X"] {
                let refused = try await world.weir("flow", "events", wrong, over: transport)
                #expect(refused.status == 2 && refused.errors.contains("TYPE"), "\(refused.errors)")
            }
        }
    }

    @Test func `following prints what comes, until it is stopped`() async throws {
        try await FlowWorld.with { world in
            world.node.makeBlocks(3)
            let following = try WeirProcess([
                "flow", "events", "flow.AccountCreated", "--follow", "--from", "0", "--node", world.url(.grpc),
            ])
            for _ in 0..<3 {
                let account = try await world.bootstrap.makeAccount(signer: wallet, flow: 0)
                #expect(await following.line(containing: account.address.hex) != nil)
            }
            following.send(signal: SIGINT)
            #expect(await following.end().signal == SIGINT)
        }
    }

    @Test func `tx encode, id and verify say what the chain says`() async throws {
        try await FlowWorld.with { world in
            let made = try await send(
                "transfer_flow", "--arg", "1.0", "--arg", Self.service, "--dry-run", world: world)
            let hex = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
            let transaction = try Transaction(rlp: try #require(Hex.decode(hex)))
            let id = try await WeirProcess.run(["tx", "id"], input: hex)
            #expect(id.output == transaction.id.hex + "\n")
            let encoded = try await WeirProcess.run(["tx", "encode", "--json"], input: hex)
            let parts = try JSON(parsing: Array(encoded.output.utf8))
            #expect(parts["payloadHex"]?.string == Hex.encode(transaction.payloadRLP))
            #expect(parts["envelopeHex"]?.string == Hex.encode(transaction.envelopeRLP))
            #expect(parts["transactionHex"]?.string == hex)

            let good = try await WeirProcess.run(["tx", "verify", "--node", world.url(.http)], input: hex)
            #expect(good.status == 0 && good.output.contains("complete"), "\(good.errors)")
            var broken = transaction
            broken.envelopeSignatures[0].signature[5] ^= 1
            let bad = try await WeirProcess.run(
                ["tx", "verify", "--json", "--node", world.url(.grpc)], input: Hex.encode(broken.rlp))
            #expect(bad.status == 1)
            #expect(try JSON(parsing: Array(bad.output.utf8))["acceptable"]?.bool == false)
            for wrong in ["", "zz", "{}", #"{"scriptHex": 7}"#, String(hex.dropLast(2))] {
                let refused = try await WeirProcess.run(["tx", "id"], input: wrong)
                #expect(refused.status == 2 && refused.output.isEmpty, "\(refused.errors)")
            }
        }
    }
}
