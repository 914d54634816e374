import Cadence
import Devnet
import Encoding
import FlowClient
import Foundation
import Signer
import TestSupport
import Testing

/// flow-py-sdk's own client (PyPI), unchanged, on our devnet: it reads the chain, runs scripts, sends a transaction that it
/// signed and waits for its seal. What it reports is compared with what our client sees.
@Suite(.enabled(if: Peers.python != nil, "no peers"), .timeLimit(.minutes(2)))
struct FlowPySDKClientTests {
    private struct Job: Codable {
        var port: Int
        var account: String
        var keyIndex: Int
        var scalar: String
        var script: String
        var brand: String
        var holdings: String
        var event: String
    }

    private struct Answer: Decodable {
        struct Key: Decodable {
            var index: UInt32
            var publicKey: String
            var weight: Int
            var sequence: UInt64
        }
        struct Found: Decodable {
            var type: String
            var transaction: String
            var fields: [String: String]
        }
        var chain: String
        var head: UInt64
        var headID: String
        var parentID: String
        var headersAgree: Bool
        var address: String
        var balance: UInt64
        var contracts: [String]
        var keys: [Key]
        var constant: Int
        var sum: Int
        var holders: Int
        var id: String
        var status: Int
        var fromResult: [Found]
        var fromRange: [Found]
        var fromBlocks: [Found]
        var readBack: Bool
        var sequenceAfter: UInt64
        var refused: [String]
    }

    private static let program = #"""
        import asyncio, json, sys
        from flow_py_sdk import flow_client, HashAlgo, InMemorySigner, ProposalKey, Script, SignAlgo, Tx, cadence
        from flow_py_sdk.cadence import Address

        def shown(events):
            return [{"type": e.type, "transaction": e.transaction_id.hex(),
                     "fields": {n: v.value for n, v in e.value.fields.items()}} for e in events]

        async def main(job):
            account = Address.from_hex(job["account"])
            signer = InMemorySigner(hash_algo=HashAlgo.SHA2_256, sign_algo=SignAlgo.ECDSA_secp256k1, private_key_hex=job["scalar"])
            answer, refused = {}, []

            async def failing(call):
                try:
                    await call
                    refused.append("nothing")
                except Exception as error:
                    refused.append(str(error))

            async with flow_client(host="127.0.0.1", port=job["port"]) as client:
                await client.ping()
                answer["chain"] = (await client.get_network_parameters()).chain_id
                block = await client.get_latest_block(is_sealed=True)
                header = await client.get_latest_block_header(is_sealed=True)
                by_id = await client.get_block_by_i_d(id=block.id)
                by_height = await client.get_block_by_height(height=block.height)
                headers = [header, await client.get_block_header_by_i_d(id=block.id), await client.get_block_header_by_height(height=block.height)]
                answer.update(head=block.height, headID=block.id.hex(), parentID=block.parent_id.hex())
                answer["headersAgree"] = all(h.id == block.id and h.parent_id == block.parent_id for h in headers + [by_id, by_height])

                found = await client.get_account_at_latest_block(address=account.bytes)
                same = await client.get_account_at_block_height(address=account.bytes, block_height=block.height)
                assert same.keys[0].public_key == found.keys[0].public_key
                answer.update(address=found.address.hex(), balance=found.balance, contracts=sorted(found.contracts))
                answer["keys"] = [{"index": k.index, "publicKey": k.public_key.hex(), "weight": k.weight, "sequence": k.sequence_number} for k in found.keys]

                answer["constant"] = (await client.execute_script(Script(code="access(all) fun main(): Int { return 42 }"))).value
                add = Script(code="access(all) fun main(a: Int, b: Int): Int { return a + b }", arguments=[cadence.Int(40), cadence.Int(2)])
                answer["sum"] = (await client.execute_script(add, at_block_height=block.height)).value
                holdings = Script(code=job["holdings"], arguments=[cadence.Array([account])])
                answer["holders"] = len((await client.execute_script(holdings, at_block_id=block.id)).value)

                def brand(name, key):
                    text = lambda value: cadence.Array([cadence.String(value)])
                    tx = Tx(code=job["script"], reference_block_id=block.id, payer=account, proposal_key=key)
                    tx.with_gas_limit(9999).add_authorizers(account).add_arguments(text("op-" + name), text(name), text("Brand é " + name))
                    return tx.with_envelope_signature(account, job["keyIndex"], signer)

                sequence = found.keys[job["keyIndex"]].sequence_number
                key = ProposalKey(key_address=account, key_id=job["keyIndex"], key_sequence_number=sequence)
                result = await client.execute_transaction(brand(job["brand"], key))
                answer.update(id=result.id.hex(), status=result.status, fromResult=shown(result.events))
                head = (await client.get_latest_block(is_sealed=True))
                over = await client.get_events_for_height_range(type=job["event"], start_height=0, end_height=head.height)
                answer["fromRange"] = shown(e for part in over for e in part.events)
                blocks = [part.block_id for part in over if part.events]
                of = await client.get_events_for_block_i_ds(type=job["event"], block_ids=blocks)
                answer["fromBlocks"] = shown(e for part in of for e in part.events)
                sent = await client.get_transaction(id=result.id)
                answer["readBack"] = sent.script.decode() == job["script"] and sent.payer == account.bytes and len(sent.arguments) == 3
                again = await client.get_account_at_latest_block(address=account.bytes)
                answer["sequenceAfter"] = again.keys[job["keyIndex"]].sequence_number

                await failing(client.get_block_by_height(height=head.height + 1000))
                await failing(client.execute_transaction(brand("late", key)))
                wrong = InMemorySigner(hash_algo=HashAlgo.SHA2_256, sign_algo=SignAlgo.ECDSA_secp256k1, private_key_hex="05" * 32)
                key = ProposalKey(key_address=account, key_id=job["keyIndex"], key_sequence_number=sequence + 1)
                forged = brand("forged", key)
                forged.envelope_signers[0].signer = wrong
                await failing(client.execute_transaction(forged))
            answer["refused"] = refused
            return answer

        for line in sys.stdin:
            print(json.dumps(asyncio.run(main(json.loads(line)))), flush=True)
        """#

    @Test func `flow-py-sdk's client works on the devnet unchanged, and sees what ours sees`() async throws {
        let devnet = try Devnet(configuration: Keys.configuration)
        let port = try devnet.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await devnet.run() }
            defer { group.cancelAll() }
            let client = GRPCAccessClient(target: "127.0.0.1:\(port)")
            let setup = DevnetBootstrap(api: client, serviceSigner: Keys.service)
            let platform = try await setup.platform(signer: Keys.platform, proposalKeys: 2)
            let contracts = setup.client.contracts
            let event = "A.\(platform.address.hex).NovaBrand.BrandCreated"
            let job = Job(
                port: port, account: platform.address.hex, keyIndex: 0,
                scalar: String(repeating: "00", count: 31) + "02",
                script: try CadenceImports.resolve(CadenceSources.transactions["create_brands"]!, addresses: contracts),
                brand: "peer",
                holdings: try CadenceImports.resolve(CadenceSources.scripts["holdings"]!, addresses: contracts),
                event: event)
            let before = try await client.block(.latestSealed, full: true).value
            let account = try await client.account(platform.address, at: .latest).value
            let line = String(decoding: try JSONEncoder().encode(job), as: UTF8.self)
            let text = try #require(try await Peers.answers(Self.program, lines: [line]).first)
            let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))

            #expect(answer.chain == "flow-emulator")
            #expect(answer.head == before.height.rawValue)
            #expect(answer.headID == before.id.hex && answer.parentID == before.parentID.hex)
            #expect(answer.headersAgree)
            #expect(answer.address == platform.address.hex)
            #expect(answer.balance == account.balance)
            #expect(answer.contracts == account.contracts.keys.sorted() && !answer.contracts.isEmpty)
            #expect(answer.keys.map(\.index) == account.keys.map(\.index.rawValue))
            #expect(answer.keys.map(\.publicKey) == account.keys.map { Hex.encode($0.publicKey) })
            #expect(answer.keys.map(\.weight) == account.keys.map { Int($0.weight) })
            #expect(answer.constant == 42 && answer.sum == 42 && answer.holders == 1)

            let id = try #require(TransactionID(hex: answer.id))
            let result = try await client.transactionResult(id, blockID: nil, collectionID: nil, encoding: .ccf).value
            #expect(answer.status == 4 && result.status == .sealed && result.statusCode == 0)
            let created = Answer.Found(
                type: event, transaction: answer.id,
                fields: ["brandID": "peer", "name": "Brand é peer", "operation": "op-peer"])
            for found in [answer.fromResult, answer.fromRange, answer.fromBlocks] {
                #expect(found.map(\.type) == [created.type])
                #expect(found.map(\.transaction) == [created.transaction])
                #expect(found.map(\.fields) == [created.fields])
            }
            #expect(answer.readBack)
            #expect(answer.sequenceAfter == answer.keys[0].sequence + 1)

            try #require(answer.refused.count == 3)
            #expect(answer.refused[0].contains("could not find block at height"))
            #expect(answer.refused[1].contains("1007"), "\(answer.refused[1])")
            #expect(
                answer.refused[2].contains("1009") || answer.refused[2].contains("signature"), "\(answer.refused[2])")
        }
    }
}
