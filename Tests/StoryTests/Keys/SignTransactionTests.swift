import Cadence
import Devnet
import Encoding
import FlowClient
import Foundation
import HTTP
import Signer
import Testing

/// A transaction that three people sign, each with their own key file and without the others' keys.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct SignTransactionTests {
    private static let script = "transaction { prepare(a: &Account) {} }"

    /// An account whose two keys weigh 500 each, and one that pays.
    private struct Scene {
        let world: World
        let folder: KeyFolder
        let shared: Address
        let payer: Address

        static func make(_ world: World, _ folder: KeyFolder) async throws -> Scene {
            func account(_ name: String, _ algorithm: SignatureAlgorithm, _ hash: HashAlgorithm) async throws -> Address
            {
                let hex = try await made(name, algorithm, hash)
                let client = world.bootstrap.client
                let key = PrivateKey.generate(.ecdsaP256)
                let account = try await world.bootstrap.makeAccount(
                    signer: InMemorySigner(key: key, hashAlgorithm: .sha3_256), flow: 10)
                let weight: UInt64 = name == "payer" ? 1000 : 500
                try await add(hex, algorithm, hash, weight, account, client)
                if name != "payer" {
                    try await add(
                        try await made("second", .ecdsaSecp256k1, .sha2_256), .ecdsaSecp256k1, .sha2_256, 500, account,
                        client)
                }
                try await client.succeed("revoke_keys", [.array(CadenceArray([.int(0)]))], by: account)
                return account.address
            }
            func made(_ name: String, _ algorithm: SignatureAlgorithm, _ hash: HashAlgorithm) async throws -> String {
                let store = ["--store", "file:\(folder.path)/\(name).keys", "--passphrase-file", "\(folder.path)/pass"]
                let made = try await folder.succeed(
                    ["keys", "generate", name, "--algorithm", algorithm.rawValue, "--hash", hash.rawValue, "--json"]
                        + store)
                return try JSON(parsing: Array(made.utf8))["public_key"]?.string ?? ""
            }
            func add(
                _ hex: String, _ algorithm: SignatureAlgorithm, _ hash: HashAlgorithm, _ weight: UInt64,
                _ account: DevnetAccount, _ client: DevnetClient
            ) async throws {
                try await client.succeed(
                    "add_key",
                    [
                        .string(hex), .uint8(algorithm.cadenceCode.rawValue), .uint8(hash.cadenceCode.rawValue),
                        .ufix64(weight * 100_000_000),
                    ], by: account)
            }
            let shared = try await account("first", .ecdsaP256, .sha3_256)
            return Scene(
                world: world, folder: folder, shared: shared,
                payer: try await account("payer", .ecdsaSecp256k1, .sha3_256))
        }

        /// The shared account proposes with its first key and authorizes, the other one pays.
        func transaction() async throws -> Transaction {
            let api = world.bootstrap.client.api
            let key = try await api.accountKey(shared, index: 1, at: .latest).value
            return Transaction(
                script: Array(script.utf8), arguments: [],
                referenceBlockID: try await api.blockHeader(.latestFinalized).value.id,
                proposalKey: .init(address: shared, keyIndex: 1, sequenceNumber: key.sequenceNumber), payer: payer,
                authorizers: [shared])
        }

        func sign(_ name: String, _ index: Int, _ file: String, _ more: [String] = []) -> [String] {
            [
                "sign", "transaction", name, file, "--key-index", "\(index)", "--address",
                (name == "payer" ? payer : shared).hex, "--store", "file:\(folder.path)/\(name).keys",
                "--passphrase-file",
                "\(folder.path)/pass",
            ] + more
        }

        var verify: [String] { ["verify", "transaction", "--flow-nodes", "grpc://127.0.0.1:\(world.port)"] }
    }

    @Test func `signatures gathered one after the other, and side by side, are what the chain takes`() async throws {
        let world = try await World.start(lanes: 1)
        try await withKeyFolder { folder in
            let scene = try await Scene.make(world, folder)
            for sideBySide in [false, true] {
                let transaction = try await scene.transaction()
                // What goes round is the payload, as another tool may write it.
                try folder.write(
                    "a", sideBySide ? Hex.encode(transaction.payloadMessage()) : Hex.encode(transaction.rlp))
                try folder.write("b", try await folder.succeed(scene.sign("first", 1, "a")))
                let unfinished = try await folder.weir(scene.verify + ["b"])
                #expect(unfinished.status == 1 && unfinished.output.contains("500 of 1000 has signed the payload"))
                #expect(unfinished.output.contains("0 of 1000 has signed the envelope"))
                try folder.write("c", try await folder.succeed(scene.sign("second", 2, sideBySide ? "a" : "b")))
                let last = scene.sign("payer", 1, "c", (sideBySide ? ["--with", "b"] : []) + ["--json"])
                let signed = try JSON(parsing: Array(try await folder.succeed(last).utf8))
                #expect(signed["part"]?.string == "envelope")
                try folder.write("d", signed["transaction"]?.string ?? "")
                #expect(try await folder.succeed(scene.verify + ["d"]).contains("complete"))
                let whole = try Transaction(rlp: Hex.decode(signed["transaction"]?.string ?? "") ?? [])
                #expect(whole.id.hex == signed["id"]?.string)
                let result = try await world.bootstrap.client.run(whole)
                #expect(result.statusCode == 0, "\(result.errorMessage)")
                // Spent: its sequence number is behind the key's now.
                let spent = try await folder.weir(scene.verify + ["d"])
                #expect(spent.status == 1 && spent.output.contains("sequence number"))
            }
        }
        await world.stop()
    }

    @Test func `proposer, payer and authorizer are three accounts, and the proposal key has no weight`() async throws {
        let world = try await World.start(lanes: 1)
        try await withKeyFolder { folder in
            let scene = try await Scene.make(world, folder)
            // The platform's key 1 is a lane: the same private key as its key 0, with no weight.
            let lane = ["--store", "file:\(folder.path)/lane.keys", "--passphrase-file", "\(folder.path)/pass"]
            try await folder.succeed(
                ["keys", "import", "lane", "--algorithm", "ECDSA_P256"] + lane, input: world.platformScalar)
            var transaction = try await scene.transaction()
            let key = try await world.bootstrap.client.api.accountKey(world.platform.address, index: 1, at: .latest)
                .value
            #expect(key.weight == 0)
            transaction.proposalKey = .init(
                address: world.platform.address, keyIndex: 1, sequenceNumber: key.sequenceNumber)
            #expect(transaction.signers.count == 3)
            try folder.write("a", Hex.encode(transaction.payloadRLP))
            try folder.write("b", try await folder.succeed(scene.sign("first", 1, "a")))
            try folder.write("c", try await folder.succeed(scene.sign("second", 2, "b")))
            let unproposed = try await folder.weir(scene.verify + ["c"])
            #expect(unproposed.output.contains("proposer: key 1 of \(world.platform.address) has not signed"))
            try folder.write(
                "d",
                try await folder.succeed(
                    ["sign", "transaction", "lane", "c", "--address", world.platform.address.hex, "--key-index", "1"]
                        + lane))
            let signed = try await folder.succeed(scene.sign("payer", 1, "d"))
            #expect(try await folder.succeed(scene.verify, input: signed).contains("complete"))
            let bytes = try #require(Hex.decode(signed.trimmingCharacters(in: .whitespacesAndNewlines)))
            let whole = try Transaction(rlp: bytes)
            #expect(whole.payloadSignatures.count == 3 && whole.envelopeSignatures.count == 1)
            let result = try await world.bootstrap.client.run(whole)
            #expect(result.statusCode == 0, "\(result.errorMessage)")
            let after = try await world.bootstrap.client.api.accountKey(world.platform.address, index: 1, at: .latest)
            #expect(after.value.sequenceNumber.rawValue == key.sequenceNumber.rawValue + 1)
        }
        await world.stop()
    }

    @Test func `a signature that nodes would refuse is refused here, and a bad one is found`() async throws {
        let world = try await World.start(lanes: 1)
        try await withKeyFolder { folder in
            let scene = try await Scene.make(world, folder)
            let transaction = try await scene.transaction()
            try folder.write("a", Hex.encode(transaction.rlp))
            try folder.write("b", try await folder.succeed(scene.sign("first", 1, "a")))
            try await folder.fail(scene.sign("first", 1, "b"), status: 2, saying: "already")
            try await folder.fail(
                scene.sign("first", 1, "a", ["--part", "envelope"]), status: 2, saying: "has to sign the payload")
            try folder.write("early", try await folder.succeed(scene.sign("payer", 1, "b")))
            try await folder.fail(scene.sign("second", 2, "early"), status: 2, saying: "worthless")
            var other = transaction
            other.computationLimit = 1
            try folder.write("other", Hex.encode(other.rlp))
            try await folder.fail(
                scene.sign("second", 2, "a", ["--with", "other"]), status: 2, saying: "another payload")
            var stranger = scene.sign("first", 1, "a")
            stranger[stranger.firstIndex(of: "--address")! + 1] = "f8d6e0586b0a20c7"
            try await folder.fail(stranger, status: 2, saying: "neither proposes nor pays")
            for (text, words) in [
                ("", "no transaction"), ("zz", "no transaction"), ("c0", "no transaction"),
                (Hex.encode(transaction.rlp.dropLast()), "longer than"),
            ] {
                try folder.write("bad", text)
                try await folder.fail(scene.sign("first", 1, "bad"), status: 2, saying: words)
            }
            try await folder.fail(
                ["sign", "first", "--message-hex", Hex.encode(transaction.payloadMessage()), "--tag", "none"]
                    + folder.store, status: 2, saying: "sign transaction")

            // The wrong key signs: the signature is made, and found to be nobody's.
            let wrong = try await folder.succeed(scene.sign("first", 2, "a"))
            try folder.write("wrong", wrong)
            let found = try await folder.weir(scene.verify + ["wrong"])
            #expect(found.status == 1 && found.output.contains("invalid"), "\(found.output)")
            // A revoked key's place.
            try folder.write("revoked", try await folder.succeed(scene.sign("first", 0, "a")))
            #expect(try await folder.weir(scene.verify + ["revoked"]).output.contains("revoked"))
            let away = try await folder.weir(["verify", "transaction", "b", "--flow-nodes", "grpc://127.0.0.1:1"])
            #expect(away.status == 3 && away.errors.contains("could not be found out"), "\(away.errors)")
        }
        await world.stop()
    }
}
