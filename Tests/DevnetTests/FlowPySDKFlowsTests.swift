import Cadence
import Devnet
import Encoding
import FlowClient
import Foundation
import Signer
import TestSupport
import Testing

/// What people do first with flow-py-sdk (PyPI), by its own templates and utilities, unchanged: accounts and their keys, a
/// contract, scripts, a transfer, events, blocks, and whether a text was signed.
@Suite(.enabled(if: Peers.python != nil, "no peers"), .timeLimit(.minutes(2)))
struct FlowPySDKFlowsTests {
    private struct Job: Codable {
        var port: Int
        var service: String
        var scalar: String
        var transfer: String
    }

    private struct Answer: Decodable {
        var address: String
        var weights: [Int]
        var algorithms: [String]
        var contracts: [[String]]
        var contractEvents: [String]
        var again: String
        var balance: UInt64
        var deposits: [String]
        var blockOfHeight: Bool
        var collection: Int
        var constant: Int
        var signed: [Bool]
    }

    private static let program = #"""
        import asyncio, json, sys
        from flow_py_sdk import flow_client, AccountKey, HashAlgo, InMemorySigner, ProposalKey, Script, SignAlgo, Tx, cadence
        from flow_py_sdk import create_account_template
        from flow_py_sdk.cadence import Address
        from flow_py_sdk.templates import TransactionTemplates
        from flow_py_sdk.utils import CompositeSignature, verify_user_signature
        from flow_py_sdk.signer import Signer

        FIRST = "access(all) contract Hello { access(all) let greeting: String\n init() { self.greeting = \"hello\" } }"
        SECOND = "access(all) contract Hello { access(all) let greeting: String\n access(all) fun say(): String { return self.greeting }\n init() { self.greeting = \"hello\" } }"
        WORSE = "access(all) contract Hello { access(all) let greeting: Int\n init() { self.greeting = 1 } }"

        async def main(job):
            service = Address.from_hex(job["service"])
            service_signer = InMemorySigner(hash_algo=HashAlgo.SHA3_256, sign_algo=SignAlgo.ECDSA_P256, private_key_hex=job["scalar"])
            answer = {}
            async with flow_client(host="127.0.0.1", port=job["port"]) as client:
                async def send(tx, account, signer, index=0):
                    block = await client.get_latest_block()
                    found = await client.get_account_at_latest_block(address=account.bytes)
                    tx.with_reference_block_id(block.id).with_payer(account).with_gas_limit(9999)
                    tx.with_proposal_key(ProposalKey(key_address=account, key_id=index, key_sequence_number=found.keys[index].sequence_number))
                    tx.add_authorizers(account).with_envelope_signature(account, index, signer)
                    return await client.execute_transaction(tx)

                first, first_signer = AccountKey.from_seed(seed="a seed of thirty-two bytes at least, one", sign_algo=SignAlgo.ECDSA_P256, hash_algo=HashAlgo.SHA3_256)
                second, second_signer = AccountKey.from_seed(seed="a seed of thirty-two bytes at least, two", sign_algo=SignAlgo.ECDSA_secp256k1, hash_algo=HashAlgo.SHA2_256)
                second.weight = 500
                result = await send(create_account_template(keys=[first, second], contracts={"Hello": FIRST}), service, service_signer)
                created = next(e.value for e in result.events if e.type == "flow.AccountCreated")
                address = created.fields["address"]
                answer["address"] = address.hex()
                found = await client.get_account_at_latest_block(address=address.bytes)
                answer["weights"] = [k.weight for k in found.keys]
                answer["algorithms"] = [str(k.sign_algo) + str(k.hash_algo) for k in found.keys]
                contracts, seen = [sorted(found.contracts)], [e.type for e in result.events if "Contract" in e.type]

                async def change(template, *arguments):
                    tx = Tx(code=template)
                    tx.add_arguments(*[cadence.String(a) for a in arguments])
                    result = await send(tx, address, first_signer)
                    seen.extend(e.type for e in result.events if "Contract" in e.type)
                    contracts.append(sorted((await client.get_account_at_latest_block(address=address.bytes)).contracts))

                hexed = lambda text: text.encode("utf-8").hex()
                await change(TransactionTemplates.updateAccountContractTemplate, "Hello", hexed(SECOND))
                try:
                    await change(TransactionTemplates.updateAccountContractTemplate, "Hello", hexed(WORSE))
                    answer["again"] = "taken"
                except Exception as error:
                    answer["again"] = str(error)
                await change(TransactionTemplates.removeAccountContractTemplate, "Hello")
                await change(TransactionTemplates.addAccountContractTemplate, "Hello", hexed(WORSE))
                answer.update(contracts=contracts, contractEvents=seen)

                tx = Tx(code=job["transfer"]).add_arguments(cadence.UFix64(250000000), address)
                paid = await send(tx, service, service_signer)
                answer["balance"] = (await client.get_account_at_latest_block(address=address.bytes)).balance
                head = await client.get_latest_block(is_sealed=True)
                over = await client.get_events_for_height_range(type="A.0ae53cb6e3f42a79.FlowToken.TokensDeposited", start_height=0, end_height=head.height)
                answer["deposits"] = [str(e.value.fields["amount"]) for part in over for e in part.events if e.transaction_id == paid.id]
                block = await client.get_block_by_height(height=head.height)
                answer["blockOfHeight"] = block.id == head.id
                collection = await client.get_collection_by_i_d(id=block.collection_guarantees[0].collection_id)
                answer["collection"] = len(collection.transaction_ids)
                answer["constant"] = (await client.execute_script(Script(code="access(all) fun main(): Int { return 7 }"))).value

                text = b"I am who I say"
                signature = first_signer.sign_user_message(text) if hasattr(first_signer, "sign_user_message") else first_signer.sign(text, b"FLOW-V0.0-user" + bytes(18))
                other = second_signer.sign_user_message(text) if hasattr(second_signer, "sign_user_message") else second_signer.sign(text, b"FLOW-V0.0-user" + bytes(18))
                async def check(*signatures, message=text):
                    parts = [CompositeSignature(address.hex(), index, value.hex()) for index, value in signatures]
                    return await verify_user_signature(client=client, message=message, composite_signatures=parts)
                answer["signed"] = [await check((0, signature)), await check((0, other)), await check((1, other)), await check((0, signature), message=b"somebody else")]
            return answer

        for line in sys.stdin:
            print(json.dumps(asyncio.run(main(json.loads(line)))), flush=True)
        """#

    @Test func `accounts, contracts, transfers, events, blocks and signatures by flow-py-sdk's own templates`()
        async throws
    {
        let scalar = [UInt8](repeating: 9, count: 32)
        let key = try PrivateKey(algorithm: .ecdsaP256, scalar: scalar)
        let devnet = try Devnet(configuration: DevnetConfiguration(servicePublicKey: key.publicKey))
        let port = try devnet.start()
        let running = Task { try await devnet.run() }
        defer { running.cancel() }
        let transfer = try CadenceImports.resolve(
            CadenceSources.transactions["transfer_flow"]!,
            addresses: FlowJSON.project.addresses(network: "emulator"))
        let job = Job(port: port, service: "f8d6e0586b0a20c7", scalar: Hex.encode(scalar), transfer: transfer)
        let line = String(decoding: try JSONEncoder().encode(job), as: UTF8.self)
        let text = try #require(try await Peers.answers(Self.program, lines: [line]).first)
        let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
        #expect(answer.address == "179b6b1cb6755e31")
        #expect(answer.weights == [1000, 500])
        #expect(answer.algorithms.count == 2 && Set(answer.algorithms).count == 2)
        #expect(answer.contracts == [["Hello"], ["Hello"], [], ["Hello"]])
        #expect(
            answer.contractEvents == [
                "flow.AccountContractAdded", "flow.AccountContractUpdated", "flow.AccountContractRemoved",
                "flow.AccountContractAdded",
            ])
        #expect(answer.again.contains("cannot deploy invalid contract") && answer.again.contains("greeting"))
        #expect(answer.balance == 250_100_000)
        #expect(answer.deposits == ["2.50000000"])
        #expect(answer.blockOfHeight && answer.collection == 1 && answer.constant == 7)
        #expect(answer.signed == [true, false, false, false])
    }
}
