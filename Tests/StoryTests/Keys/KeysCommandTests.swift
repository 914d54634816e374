import Daemon
import Encoding
import Foundation
import Glibc
import HTTP
import Signer
import Testing

/// `weir keys`, as an operator uses it.
@Suite(.timeLimit(.minutes(2)))
struct KeysCommandTests {
    private static let scalar = "cf84f1e3e82e332a0c58a43f3a0628280be62d87e466f1857e48de4f1bee61ec"
    private static let pem = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIM+E8ePoLjMqDFikPzoGKCgL5i2H5GbxhX5I3k8b7mHsoAoGCCqGSM49
        AwEHoUQDQgAEwU7weLkCUhl/44XD8mE2vFvwDt+hdMI0oSa9AmVmw0d4LdEJQUnZ
        UrOoklZcVa4CzTvEfd9Sc2DhPK4xVY+B1g==
        -----END EC PRIVATE KEY-----

        """
    private static let point =
        "c14ef078b90252197fe385c3f26136bc5bf00edfa174c234a126bd026566c347782dd1094149d952b3a892565c55ae02cd3bc47ddf527360e13cae31558f81d6"

    @Test func `a key is made, listed, used and removed`() async throws {
        try await withKeyFolder { folder in
            let made = try JSON(
                parsing: Array(try await folder.succeed(["keys", "generate", "payer", "--json"] + folder.store).utf8))
            #expect(made["name"]?.string == "payer")
            #expect(
                made["signature_algorithm"]?.string == "ECDSA_secp256k1" && made["hash_algorithm"]?.string == "SHA3_256"
            )
            let hex = try #require(made["public_key"]?.string)
            #expect(try await folder.succeed(["keys", "list"] + folder.store).contains(hex))
            // The public part without the passphrase.
            let unverified = ["keys", "list", "--store", "file:keys", "--unverified"]
            #expect(try await folder.succeed(unverified).contains(hex))
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/keys")
            #expect(attributes[.posixPermissions] as? Int == 0o600)

            let signature = try await folder.succeed(["sign", "payer", "--message", "hello"] + folder.store)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(signature.count == 128)
            let verify = ["verify", "--public-key", hex, "--signature", signature]
            #expect(try await folder.succeed(verify + ["--message", "hello"]) == "valid\n")
            #expect(try await folder.weir(verify + ["--message", "Hello"]).status == 1)
            #expect(try await folder.weir(verify + ["--message", "hello", "--tag", "account-proof"]).status == 1)
            #expect(try await folder.weir(verify + ["--message", "hello", "--hash", "SHA2_256"]).output == "invalid\n")

            // The message and the key from files, and from a pipe.
            try folder.write("message", "hello")
            try folder.write("point", hex + "\n")
            let pem = try await folder.succeed(["keys", "export-public", "payer", "--format", "pem"] + folder.store)
            try folder.write("pem", pem)
            for key in ["point", "pem"] {
                let verify = ["verify", "--public-key-file", key, "--signature", "0x" + signature, "--message-file"]
                #expect(try await folder.succeed(verify + ["message"]) == "valid\n")
                #expect(try await folder.succeed(verify + ["-"], input: "hello") == "valid\n")
                try await folder.fail(verify + ["nowhere"], status: 2, saying: "nowhere can't be read")
            }
            let bad = ["verify", "--message", "hello", "--signature", signature, "--public-key"]
            try await folder.fail(bad + [hex.dropLast(2) + "00"], status: 2, saying: "no point of secp256k1")
            try await folder.fail(bad + ["00"], status: 2, saying: "64 bytes")
            try await folder.fail(bad + [hex, "--algorithm", "ECDSA_P256"], status: 2, saying: "no point of P-256")
            let der = "300702020101020101"
            try await folder.fail(
                ["verify", "--message", "hello", "--public-key", hex, "--signature", der], status: 2, saying: "DER")

            try await folder.fail(["keys", "remove", "payer"] + folder.store, status: 2, saying: "--yes")
            try await folder.succeed(["keys", "remove", "payer", "--yes"] + folder.store)
            #expect(try await folder.succeed(["keys", "list"] + folder.store) == "no keys\n")
        }
    }

    @Test func `every form of a private key is imported, from wherever it comes`() async throws {
        try await withKeyFolder { folder in
            let curve = ["--algorithm", "ECDSA_P256"]
            try folder.write("hex", Self.scalar + "\n")
            try folder.write("pem", Self.pem)
            try folder.write(
                "flow.json",
                #"{"accounts": {"platform": {"address": "179b6b1cb6755e31", "key": {"type": "file", "location": "hex", "hashAlgorithm": "SHA2_256"}},"#
                    + #" "cloud": {"address": "1", "key": {"type": "google-kms", "resourceID": "x"}}}}"#)
            let listed = [
                try await folder.succeed(["keys", "import", "a", "--from", "hex"] + curve + folder.store),
                try await folder.succeed(
                    ["keys", "import", "b"] + curve + folder.store, input: "0x" + Self.scalar.uppercased()),
                try await folder.succeed(["keys", "import", "c", "--from", "pem"] + folder.store),
                try await folder.succeed(
                    ["keys", "import", "d", "--from-variable", "THE_KEY"] + curve + folder.store,
                    environment: ["THE_KEY": Self.scalar]),
                try await folder.succeed(
                    ["keys", "import", "e", "--from", "\(folder.path)/flow.json", "--account", "platform"]
                        + folder.store),
            ]
            for line in listed { #expect(line.contains(Self.point)) }
            #expect(listed[4].contains("SHA2_256") && listed[0].contains("SHA3_256"))
            try await folder.fail(
                ["keys", "import", "f", "--from", "flow.json", "--account", "cloud"] + folder.store,
                saying: "google-kms")
            try await folder.fail(
                ["keys", "import", "f", "--from", "flow.json", "--account", "none"] + folder.store,
                saying: "cloud, platform")
            try await folder.fail(
                ["keys", "import", "a", "--from", "pem"] + folder.store, saying: "key exists", "a already")
            #expect(try await folder.succeed(["keys", "list"] + folder.store).split(separator: "\n").count == 6)
        }
    }

    @Test func `a phrase gives the key that Flow's wallets have`() async throws {
        try await withKeyFolder { folder in
            let phrase = String(repeating: "abandon ", count: 11) + "about\n"
            try await folder.succeed(
                ["keys", "derive", "payer", "--algorithm", "ECDSA_P256"] + folder.store, input: phrase)
            let compressed = try await folder.succeed(
                ["keys", "export-public", "payer", "--format", "compressed"] + folder.store)
            // As onflow's own tools give it: see DerivationTests.
            #expect(compressed == "02951905f6769f0a7f3f71e77e376a6608a6b19a1d244ae89b59886762452b3814\n")
            try await folder.fail(
                ["keys", "derive", "b"] + folder.store, saying: "checksum",
                input: String(repeating: "abandon ", count: 12))
            try await folder.fail(["keys", "derive", "b"] + folder.store, saying: "word 2", input: "abandon xyzzy")
            try await folder.fail(
                ["keys", "derive", "b", "--path", "44/1"] + folder.store, status: 2, saying: "--path", input: phrase)
        }
    }

    @Test func `the public half comes in every form, and nothing else`() async throws {
        try await withKeyFolder { folder in
            try await folder.succeed(["keys", "import", "payer"] + folder.store, input: Self.pem)
            let export = ["keys", "export-public", "payer"] + folder.store
            #expect(try await folder.succeed(export) == Self.point + "\n")
            #expect(try await folder.succeed(export + ["--format", "pem"]).hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
            #expect(try await folder.succeed(export + ["--format", "jwk"]).contains(#""crv":"P-256""#))
            // RLP of [key, 2 (P-256), 3 (SHA3-256), weight]: see account-keys-rlp.json of the published vectors.
            #expect(
                try await folder.succeed(export + ["--format", "rlp"]) == "f847b840\(Self.point)02038203e8\n")
            let all = try JSON(parsing: Array(try await folder.succeed(export + ["--json"]).utf8))
            #expect(all.object?.map(\.name) == ["name", "hex", "compressed", "pem", "jwk", "rlp"])
            try await folder.fail(export + ["--format", "private"], status: 2, saying: "--format")
            try await folder.fail(export + ["--weight", "1001"], status: 2, saying: "--weight")
            try await folder.fail(["keys", "export-public", "nobody"] + folder.store, saying: "no such key")
        }
    }

    @Test func `what is wrong is said, with a status that tells whose mistake it is`() async throws {
        try await withKeyFolder { folder in
            try await folder.fail(["keys", "list"] + folder.store, saying: "there is no key file")
            try await folder.succeed(["keys", "generate", "payer"] + folder.store)
            let good = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/keys"))
            let file = ["--store", "file:keys", "--passphrase-file"]
            try folder.write("wrong", "no\n")
            try await folder.fail(["keys", "list"] + file + ["wrong"], saying: "wrong passphrase")
            try folder.write("empty", "\n")
            try await folder.fail(["keys", "list"] + file + ["empty"], saying: "passphrase")
            try await folder.fail(["keys", "list"] + file + ["nowhere"], status: 2, saying: "nowhere")
            try await folder.fail(["keys", "generate", "payer"] + folder.store, saying: "key exists")
            try await folder.fail(["keys", "generate", "a b"] + folder.store, status: 2, saying: "NAME")
            try await folder.fail(["keys", "generate"] + folder.store, status: 2, saying: "NAME is missing")
            try await folder.fail(
                ["keys", "generate", "b", "--algorithm", "RSA"] + folder.store, status: 2, saying: "--algorithm")
            try await folder.fail(
                ["keys", "list", "--store", "drawer"], status: 2, saying: "--store", "aws-kms:REGION")
            try await folder.fail(["keys", "list", "--store", "credentials"], saying: "CREDENTIALS_DIRECTORY")
            try await folder.fail(
                ["keys", "list", "--store", "aws-kms:eu-central-1"], saying: "AWS_SECRET_ACCESS_KEY",
                environment: ["AWS_ACCESS_KEY_ID": "a"])
            try await folder.fail(["keys", "list", "--store", "google-kms:ring"], saying: "projects/P/locations")
            // Nobody to ask, and no passphrase: said, and not waited for.
            try await folder.fail(["keys", "list", "--store", "file:keys"], status: 2, saying: "--passphrase-file")

            for (change, words) in [
                (Data(good.dropLast(10)), "truncated"), (Data(good.prefix(100)), "truncated"),
                (good + Data("x\n".utf8), "secrets"),
            ] {
                try change.write(to: URL(fileURLWithPath: folder.path + "/keys"))
                try await folder.fail(["keys", "list"] + folder.store, saying: words)
            }
            let text = String(decoding: good, as: UTF8.self)
            try folder.write("keys", text.replacing("SHA3_256", with: "SHA2_256"))
            try await folder.fail(["keys", "list"] + folder.store, saying: "tampered", "key lines")
            try folder.write("keys", text.replacing("weir-keys 1", with: "weir-keys 7"))
            try await folder.fail(["keys", "list"] + folder.store, saying: "line 1")
            try folder.write("keys", text)
            chmod(folder.path + "/keys", 0o644)
            try await folder.fail(["keys", "list"] + folder.store, saying: "chmod 600")
        }
    }

    @Test func `a key pasted where it does not belong is not said back`() async throws {
        try await withKeyFolder { folder in
            for arguments in [
                ["keys", "import", "payer", Self.scalar], ["keys", "import", Self.scalar + "0x!"],
                ["keys", "import", "payer", "--algorithm", Self.scalar], ["keys", "list", "--store", Self.scalar],
                ["keys", "import", "payer", "--private-key=\(Self.scalar)"],
                ["sign", "payer", "--tag", Self.scalar, "--message", "x"],
                ["keys", "import", "payer", "--hash", Self.scalar],
                ["verify", "--public-key", Self.scalar, "--message", "x", "--signature", "00"],
            ] {
                let ended = try await folder.fail(
                    arguments + (arguments[0] == "verify" ? [] : ["--passphrase-file", "pass"]), status: 2)
                #expect(!(ended.errors + ended.output).contains(Self.scalar.prefix(32)), "\(ended.errors)")
            }
            for text in [
                String(Self.scalar.dropLast(2)) + "zz", Self.scalar + "00",
                "-----BEGIN EC PRIVATE KEY-----\n" + Self.scalar,
            ] {
                let ended = try await folder.fail(
                    ["keys", "import", "payer", "--algorithm", "ECDSA_P256"] + folder.store, input: text)
                #expect(!(ended.errors + ended.output).contains(Self.scalar.prefix(32)), "\(ended.errors)")
            }
            for scalar in [String(repeating: "0", count: 64), String(repeating: "f", count: 64)] {
                try await folder.fail(
                    ["keys", "import", "payer", "--algorithm", "ECDSA_P256"] + folder.store, saying: "order of P-256",
                    input: scalar)
            }
        }
    }

    @Test func `the passphrase can be changed, and the store of the configuration is the one that is used`()
        async throws
    {
        try await withKeyFolder { folder in
            try await folder.succeed(["keys", "generate", "payer"] + folder.store)
            try folder.write("new", "another passphrase\n")
            try await folder.succeed(["keys", "passphrase", "--new-passphrase-file", "new"] + folder.store)
            try await folder.fail(["keys", "list"] + folder.store, saying: "wrong passphrase")
            try folder.write("weir.yaml", "keys: {store: \"file:\(folder.path)/keys\"}\n")
            for environment in [["WEIR_KEYS_PASSPHRASE": "another passphrase"], ["WEIR_KEYS_PASSPHRASE_FILE": "new"]] {
                #expect(try await folder.succeed(["keys", "list"], environment: environment).contains("payer"))
            }
            try await folder.fail(
                ["keys", "list", "--keys-passphrase", "another passphrase"], status: 78, saying: "command line")
            // However it is read, it is the first line, and others should not read it.
            let loose = try folder.write("loose", "  another passphrase \r\nand a second line\n")
            chmod(loose, 0o640)
            let listed = try await folder.weir(["keys", "list", "--passphrase-file", loose])
            #expect(listed.status == 0 && listed.errors.contains("chmod 600"), "\(listed.errors)")
            try await folder.succeed(["keys", "list"], environment: ["WEIR_KEYS_PASSPHRASE_FILE": loose])
            try await folder.succeed(["keys", "list", "--passphrase-file", "-"], input: "another passphrase\n")
        }
    }

    @Test func `a service's keys are listed from where they lie`() async throws {
        try await withKeyFolder { folder in
            let text = "ECDSA_P256 SHA2_256 \(Self.scalar)"
            let listed = try await folder.succeed(
                ["keys", "list", "--store", "env"], environment: ["FLOW_KEY_PAYER_1": text, "FLOW_KEY_B": text])
            #expect(listed.contains("payer-1") && listed.contains(Self.point))
            try await folder.fail(
                ["keys", "list", "--store", "env"], saying: "FLOW_KEY_BAD",
                environment: ["FLOW_KEY_BAD": "ECDSA_P256 SHA9 \(Self.scalar)"])
            try folder.write("weir-key-payer", Self.pem)
            for (store, environment) in [
                ("credentials", ["CREDENTIALS_DIRECTORY": folder.path]), ("credentials:\(folder.path)", [:]),
            ] {
                let listed = try await folder.succeed(["keys", "list", "--store", store], environment: environment)
                #expect(listed.contains("payer") && listed.contains(Self.point))
            }
            let store = ["--store", "credentials:\(folder.path)"]
            for command in [["keys", "generate", "x"], ["keys", "remove", "payer", "--yes"]] {
                try await folder.fail(command + store, saying: "unsupported", "systemd credentials")
            }
            try await folder.fail(["keys", "rotate", "payer"] + store, saying: "unsupported", "account.keys")
        }
    }

    @Test func `Google Cloud KMS is asked where it is said to be, with the token`() async throws {
        let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { request in
            guard request.header("Authorization") == "Bearer a-token" else {
                return .json(["error": ["status": "UNAUTHENTICATED"]], status: 401)
            }
            return request.path == "/v1/projects/p/locations/l/keyRings/r/cryptoKeys"
                ? .json(["cryptoKeys": []]) : .json(["error": ["status": "NOT_FOUND"]], status: 404)
        }
        try await server.start()
        try await withKeyFolder { folder in
            let list = ["keys", "list", "--store", "google-kms:projects/p/locations/l/keyRings/r"]
            let place = ["GOOGLE_CLOUD_KMS_ENDPOINT": "http://127.0.0.1:\(server.port)"]
            let token = place.merging(["GOOGLE_OAUTH_ACCESS_TOKEN": "a-token"]) { $1 }
            #expect(try await folder.succeed(list, environment: token) == "no keys\n")
            try await folder.fail(
                list, saying: "UNAUTHENTICATED", environment: place.merging(["GOOGLE_OAUTH_ACCESS_TOKEN": "b"]) { $1 })
            try await folder.fail(
                ["sign", "payer", "--message", "x"] + list.dropFirst(2), saying: "no such key", environment: token)
        }
        await server.stop()
    }
}
