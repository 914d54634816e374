import Cadence
import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import Glibc
import HTTP
import PlatformBridge
import Secrets
import Signer
import TestSupport
import Testing

/// The daemon with its key in a store, and what it says where the key is not the account's.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct KeyStoreDaemonTests {
    /// Starts a daemon with the key in a store, has it do something, and ends it.
    private func works(_ world: World, store: String, keys: [String: String], brand: String) async throws {
        let daemon = try await world.daemon(keys: keys, options: ["--keys-store", store])
        let payload: JSON = ["brand_id": JSON(brand), "name": "Nova"]
        let id = try await daemon.client.enqueue("create_brand", payload, key: brand)
        let status = try await daemon.client.finished(id)
        #expect(status["outcome"]?.string == "done", "\(store): \(status.text)")
        daemon.process.send(signal: SIGTERM)
        #expect(await daemon.process.end().status == 0)
    }

    @Test func `an encrypted file, the environment and a service's credentials do for a key`() async throws {
        let world = try await World.start()
        try await withKeyFolder { folder in
            try await folder.succeed(
                ["keys", "import", "payer", "--algorithm", "ECDSA_P256"] + folder.store, input: world.platformScalar)
            try await works(
                world, store: "file:\(folder.path)/keys", keys: ["WEIR_KEYS_PASSPHRASE_FILE": "\(folder.path)/pass"],
                brand: "vytxeTZskVKR7C7WgdSP3d")
            let text = "ECDSA_P256 SHA3_256 \(world.platformScalar)"
            try await works(world, store: "env", keys: ["FLOW_KEY_PAYER": text], brand: "FbVzVFnAAgWFP9h3kTSt2y")
            try folder.write("weir-key-payer", text)
            try await works(
                world, store: "credentials", keys: ["CREDENTIALS_DIRECTORY": folder.path],
                brand: "LzM5bHuZ2Y8vZrXn4qBZsH")
        }
        await world.stop()
    }

    @Test(.enabled(if: Peers.python != nil, "no peers"))
    func `AWS KMS does for a key, whose signatures differ each time`() async throws {
        let moto = try await MotoServer()
        let cloud = [
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:\(moto.port)",
        ]
        let world = try await World.start()
        try await withKeyFolder { folder in
            let store = ["--store", "aws-kms:eu-central-1"]
            try await folder.succeed(["keys", "generate", "payer"] + store, environment: cloud)
            let hex = try await folder.succeed(["keys", "export-public", "payer"] + store, environment: cloud)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            // secp256k1 is 2 in Cadence, SHA3-256 is 3.
            try await world.bootstrap.client.succeed(
                "add_key", [.string(hex), .uint8(2), .uint8(3), .ufix64(100_000_000_000)], by: world.platform)
            try await works(world, store: "aws-kms:eu-central-1", keys: cloud, brand: "vytxeTZskVKR7C7WgdSP3d")
            // As it was made: an alias, and a signature that verifies.
            let signature = try await folder.succeed(["sign", "payer", "--message", "hi"] + store, environment: cloud)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            try await folder.succeed(["verify", "--public-key", hex, "--signature", signature, "--message", "hi"])

            // The alias is what a rotation moves.
            try await folder.succeed(
                ["keys", "rotate", "payer", "--activate", "--unchecked"] + store, environment: cloud)
            let old = try await folder.succeed(["keys", "export-public", "payer.old1"] + store, environment: cloud)
            #expect(old == hex + "\n")
            try await folder.succeed(["keys", "remove", "payer.old1", "--yes"] + store, environment: cloud)
            let listed = try await folder.succeed(["keys", "list"] + store, environment: cloud)
            #expect(listed.split(separator: "\n").count == 2 && !listed.contains(hex))
            try await folder.fail(
                ["keys", "import", "b", "--algorithm", "ECDSA_P256"] + store, saying: "does not take keys in",
                environment: cloud, input: world.platformScalar)
        }
        await world.stop()
        withExtendedLifetime(moto) {}
    }

    @Test func `Google Cloud KMS does for a key`() async throws {
        let stub = GoogleKMSStub()
        let google = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { stub.answer($0) }
        try await google.start()
        let cloud = [
            "GOOGLE_CLOUD_KMS_ENDPOINT": "http://127.0.0.1:\(google.port)", "GOOGLE_OAUTH_ACCESS_TOKEN": "a-token",
        ]
        let world = try await World.start()
        try await withKeyFolder { folder in
            let place = "google-kms:\(GoogleKMSStub.ring)"
            let made = try await folder.succeed(
                ["keys", "generate", "payer", "--algorithm", "ECDSA_P256", "--json", "--store", place],
                environment: cloud)
            let hex = try #require(try JSON(parsing: Array(made.utf8))["public_key"]?.string)
            // P-256 is 1 in Cadence, SHA3-256 is 3.
            try await world.bootstrap.client.succeed(
                "add_key", [.string(hex), .uint8(1), .uint8(3), .ufix64(100_000_000_000)], by: world.platform)
            try await works(world, store: place, keys: cloud, brand: "vytxeTZskVKR7C7WgdSP3d")
            try await folder.fail(
                ["keys", "rotate", "payer", "--store", place], saying: "account.keys", environment: cloud)
        }
        await world.stop()
        // And where it has gone away, the start says so.
        await google.stop()
        let ended = try await WeirProcess.run(
            ["run", "--keys-store", "google-kms:\(GoogleKMSStub.ring)"] + world.arguments, environment: cloud)
        #expect(ended.status == 1)
        for word in ["unavailable", "keys.store", "roles: [ingest, serve]"] {
            #expect(ended.errors.contains(word), "\(word) is not said: \(ended.errors)")
        }
    }

    @Test func `a key that is not the account's ends the start, and what would help is said`() async throws {
        let world = try await World.start(lanes: 1)
        let client = world.bootstrap.client
        let (revoked, light, sha2) = (
            PrivateKey.generate(.ecdsaP256), PrivateKey.generate(.ecdsaP256), PrivateKey.generate(.ecdsaSecp256k1)
        )
        // Key 0 is the platform's, 1 its lane; then these three.
        for (key, hash, weight): (PrivateKey, HashAlgorithm, UInt64) in [
            (revoked, .sha3_256, 1000), (light, .sha3_256, 999), (sha2, .sha2_256, 1000),
        ] {
            try await client.succeed(
                "add_key",
                [
                    .string(key.publicKey.hex), .uint8(key.algorithm.cadenceCode.rawValue),
                    .uint8(hash.cadenceCode.rawValue), .ufix64(weight * 100_000_000),
                ], by: world.platform)
        }
        try await client.succeed("revoke_keys", [.array(CadenceArray([.int(2)]))], by: world.platform)
        try await withKeyFolder { folder in
            let file = try EncryptedFileKeyStore(
                path: folder.path + "/keys", passphrase: SecretBytes(copying: Array(KeyFolder.passphrase.utf8)))
            for (name, key) in [
                ("revoked", revoked), ("light", light), ("sha2", sha2), ("stranger", .generate(.ecdsaP256)),
            ] {
                _ = try await file.add(key, name: try KeyName(name), hashAlgorithm: .sha3_256)
            }
            func start(_ options: [String], _ words: String..., keys: [String: String]? = nil) async throws {
                let ended = try await WeirProcess.run(
                    ["run", "--control-listen", "127.0.0.1:0", "--keys-store", "file:\(folder.path)/keys"]
                        + world.arguments + options,
                    environment: keys ?? ["WEIR_KEYS_PASSPHRASE_FILE": "\(folder.path)/pass"])
                #expect(ended.status == 1, "\(options)")
                for word in words {
                    #expect(ended.errors.contains(word), "\(options) does not say \(word): \(ended.errors)")
                }
                #expect(!ended.errors.contains(KeyFolder.passphrase))
            }
            try await start(
                ["--account-keys", "stranger"], "has no key with the public key of the key stranger", "export-public")
            try await start(["--account-keys", "revoked"], "the key revoked is revoked: key 2", "account.keys")
            try await start(["--account-keys", "light"], "weight of 999", "1000")
            try await start(["--account-keys", "sha2"], "signs with SHA3_256", "with SHA2_256", "--hash SHA2_256")
            try await start(
                ["--account-keys", "light", "--account-key-index", "1"], "key 1 of account", "account.key_index")
            try await start([], "has no key payer", "light, revoked, sha2, stranger")
            try await start(
                ["--account-keys", "light", "--account-address", "f3fcd2c1a78f5eee"],
                "there is no account 0xf3fcd2c1a78f5eee")
            try folder.write("wrong", "no\n")
            try await start([], "wrong passphrase", keys: ["WEIR_KEYS_PASSPHRASE_FILE": "\(folder.path)/wrong"])
            try await start([], "WEIR_KEYS_PASSPHRASE_FILE", keys: [:])
            let text = try String(contentsOfFile: folder.path + "/keys", encoding: .utf8)
            try folder.write("keys", text.replacing("key light", with: "key Light"))
            try await start([], "tampered", "backup")
            let both = try await WeirProcess.run(
                ["run", "--keys-store", "env"] + world.arguments, environment: world.environment)
            #expect(both.status == 78 && both.errors.contains("account.private_key"))
        }
        await world.stop()
    }
}
