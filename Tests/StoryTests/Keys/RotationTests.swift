import Cadence
import Devnet
import Encoding
import FlowClient
import Foundation
import Glibc
import HTTP
import PlatformBridge
import Signer
import Testing

/// `weir keys rotate`, on an account of the devnet, with a daemon that goes on.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct RotationTests {
    private func chain(_ world: World) -> [String] {
        ["--account-address", world.platform.address.hex, "--flow-nodes", "grpc://127.0.0.1:\(world.port)"]
    }

    private func publicKey(_ folder: KeyFolder, _ name: String) async throws -> String {
        try await folder.succeed(["keys", "export-public", name] + folder.store)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func keys(_ world: World) async throws -> [AccountKey] {
        try await world.bootstrap.client.api.accountKeys(world.platform.address, at: .latest).value
    }

    @Test func `the new key is added, takes the name, and the old one is revoked`() async throws {
        let world = try await World.start(lanes: 2)
        try await withKeyFolder { folder in
            try await folder.succeed(
                ["keys", "import", "payer", "--algorithm", "ECDSA_P256"] + folder.store, input: world.platformScalar)
            let old = try await publicKey(folder, "payer")
            let rotate = ["keys", "rotate", "payer"] + folder.store + chain(world)

            // Nothing is on chain yet: activating is refused, and the old key stays.
            try await folder.fail(
                rotate + ["--activate"], saying: "has no key with the public key of the key payer.next")
            #expect(try await publicKey(folder, "payer") == old)
            let next = try await publicKey(folder, "payer.next")

            let said = try await folder.succeed(rotate + ["--send"])
            #expect(said.contains(next) && said.contains("payer.old1"))
            #expect(try await publicKey(folder, "payer") == next)
            #expect(try await publicKey(folder, "payer.old1") == old)
            let added = try #require(try await keys(world).last)
            #expect(Hex.encode(added.publicKey) == next && added.weight == 1000 && !added.revoked)

            // The daemon pays with the new key, and proposes with lanes that have the old one.
            let daemon = try await world.daemon(
                keys: ["WEIR_KEYS_PASSPHRASE_FILE": "\(folder.path)/pass"],
                options: ["--keys-store", "file:\(folder.path)/keys", "--account-keys", "payer,payer.old1"])
            try await folder.succeed(rotate + ["--revoke", "payer.old1"])
            let after = try await keys(world)
            #expect(after[0].revoked && !after[3].revoked)
            #expect(!after[1].revoked && !after[2].revoked)
            let id = try await daemon.client.enqueue(
                "create_brand", ["brand_id": "vytxeTZskVKR7C7WgdSP3d", "name": "Nova"], key: "brand")
            #expect(try await daemon.client.finished(id)["outcome"]?.string == "done")
            daemon.process.send(signal: SIGTERM)
            #expect(await daemon.process.end().status == 0)

            // Again is no harm, and neither is a node that is away.
            let again = try await folder.succeed(
                ["keys", "rotate", "payer", "--revoke", "payer.old1"] + folder.store + [
                    "--account-address", world.platform.address.hex, "--flow-nodes",
                    "grpc://127.0.0.1:1,grpc://127.0.0.1:\(world.port)",
                ])
            #expect(again.contains("no key of weight was left") && again.contains("2 proposal keys"))
            try await folder.fail(rotate + ["--revoke", "payer"], status: 2, saying: "the key that signs")
            try await folder.fail(rotate + ["--send", "--activate"], status: 2, saying: "one step at a time")
        }
        await world.stop()
    }

    @Test func `whatever fails, the old key stays usable, and the next attempt goes on`() async throws {
        let world = try await World.start(lanes: 1)
        try await withKeyFolder { folder in
            try await folder.succeed(
                ["keys", "import", "payer", "--algorithm", "ECDSA_P256"] + folder.store, input: world.platformScalar)
            let (old, before) = (try await publicKey(folder, "payer"), try await keys(world).count)
            let rotate = ["keys", "rotate", "payer", "--send"] + folder.store
            let account = ["--account-address", world.platform.address.hex]
            let nowhere = ["--flow-nodes", "grpc://127.0.0.1:1"]
            try await folder.fail(rotate, status: 2, saying: "account.address")
            try await folder.fail(
                rotate + account + nowhere, status: 69, saying: "127.0.0.1:1 could not be asked", "Do:")
            try await folder.fail(
                rotate + ["--account-address", "f3fcd2c1a78f5eee", "--flow-nodes", "grpc://127.0.0.1:\(world.port)"],
                saying: "no account")
            // A key that can't add another: it is not the account's.
            try await folder.succeed(["keys", "generate", "stranger"] + folder.store)
            try await folder.fail(
                ["keys", "rotate", "stranger", "--send"] + folder.store + chain(world), saying: "no valid key")
            #expect(try await publicKey(folder, "payer") == old)
            #expect(try await keys(world).count == before)
            let listed = try await folder.succeed(["keys", "list"] + folder.store)
            let made = listed.split(separator: "\n").count { $0.hasPrefix("payer.next") }
            #expect(made <= 1)

            // Another algorithm than the key that an earlier attempt has left is no silent change.
            _ = try await folder.succeed(["keys", "rotate", "payer", "--json"] + folder.store)
            try await folder.fail(
                ["keys", "rotate", "payer", "--algorithm", "ECDSA_secp256k1"] + folder.store, saying: "payer.next",
                "remove it")

            // Somebody else adds it: the printed transaction does.
            let printed = try JSON(
                parsing: Array(try await folder.succeed(["keys", "rotate", "payer", "--json"] + folder.store).utf8))
            let arguments = try #require(printed["transaction"]?["arguments"]?.array).map {
                try JSONCDC.decode(Array(($0.string ?? "").utf8))
            }
            try await world.bootstrap.client.succeed("add_key", arguments, by: world.platform)
            // And --send sends nothing more.
            let ended = try await folder.weir(rotate + chain(world))
            #expect(ended.status == 0 && !ended.errors.contains("sent add_key"), "\(ended.errors)")
            #expect(try await keys(world).count == before + 1)
            #expect(try await publicKey(folder, "payer.old1") == old)
        }
        await world.stop()
    }

    @Test func `a key that no chain knows rotates only when that is said`() async throws {
        try await withKeyFolder { folder in
            try await folder.succeed(["keys", "generate", "attest", "--hash", "SHA2_256"] + folder.store)
            try await folder.fail(
                ["keys", "rotate", "attest", "--activate"] + folder.store, status: 2, saying: "account.address")
            try await folder.fail(
                ["keys", "rotate", "attest", "--unchecked"] + folder.store, status: 2, saying: "--activate")
            let said = try await folder.succeed(
                ["keys", "rotate", "attest", "--activate", "--unchecked", "--json"] + folder.store)
            #expect(try JSON(parsing: Array(said.utf8))["retired"]?.string == "attest.old1")
            try await folder.fail(["keys", "rotate", "nobody"] + folder.store, saying: "no such key")
        }
    }
}
