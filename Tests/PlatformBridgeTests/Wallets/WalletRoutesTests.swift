import Cadence
import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import HTTP
import PlatformBridge
import Postgres
import Signer
import Submitter
import TestSupport
import Testing

/// In one call: nonce, proof, keys from the chain, link, gate, receipt.
@Suite(.timeLimit(.minutes(1))) struct WalletRoutesTests {
    struct World: Sendable {
        let door: Door
        let account: DevnetAccount
        let key: PrivateKey
        let client: DevnetClient
        let receipts: InMemorySigner

        func sign(_ message: [UInt8], _ tag: DomainTag, addr: String? = nil) throws -> JSON {
            let signature = try key.sign(digest: Digest.hash(tag.bytes + message, with: .sha3_256))
            return [
                "f_type": "CompositeSignature", "f_vsn": "1.0.0", "addr": JSON(addr ?? account.address.description),
                "keyId": 0, "signature": JSON(Hex.encode(signature)),
            ]
        }

        func nonce(_ person: String = "user-1") async throws -> (hex: String, message: String) {
            let answer = try await door.send("POST", "/v1/wallets/nonce", ["person": JSON(person)])
            #expect(answer.status == 201)
            return (answer.json["nonce"]?.string ?? "", answer.json["message"]?.string ?? "")
        }

        func proof(_ nonce: String, app: String = "weir") throws -> JSON {
            try sign(
                AccountProof.message(
                    appIdentifier: app, address: account.address.bytes, nonce: Hex.decode(nonce) ?? []), .accountProof)
        }

        func verify(_ nonce: String, _ signature: JSON, _ more: [JSON.Member] = []) async throws -> Door.Answer {
            try await door.send(
                "POST", "/v1/wallets/verify",
                .object(
                    [
                        .init("nonce", JSON(nonce)), .init("address", JSON(account.address.description)),
                        .init("signatures", [signature]),
                    ] + more))
        }
    }

    static let group = "7kX9mPqR2sTvWxYzA3bCdE"

    static func with(_ body: (World) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { pool in
            let service = PrivateKey.generate(.ecdsaP256)
            let devnet = try DevnetNode(configuration: DevnetConfiguration(servicePublicKey: service.publicKey))
            let bootstrap = DevnetBootstrap(
                api: devnet, serviceSigner: InMemorySigner(key: service, hashAlgorithm: .sha3_256))
            let key = PrivateKey.generate(.ecdsaP256)
            let account = try await bootstrap.makeAccount(
                signer: InMemorySigner(key: key, hashAlgorithm: .sha3_256), flow: 10)
            var wallets = WalletAccess()
            wallets.verifier = WalletVerifier(api: devnet, chain: .emulator, witness: devnet)
            wallets.receipts = InMemorySigner(key: PrivateKey.generate(.ecdsaP256), hashAlgorithm: .sha2_256)
            try await SweeperTests.index(Door(pool: pool))
            try await pool.execute(
                "update token_owners set owner = $1, group_id = $2", [.text(account.address.hex), .text(Self.group)])
            try await body(
                World(
                    door: Door(pool: pool, wallets: wallets), account: account, key: key,
                    client: DevnetClient(api: devnet), receipts: wallets.receipts as! InMemorySigner))
        }
    }

    @Test func `a wallet proves itself, is linked, and its receipt can be checked by anybody`() async throws {
        try await Self.with { world in
            let (nonce, _) = try await world.nonce()
            let answer = try await world.verify(
                nonce, world.proof(nonce), [.init("gate", ["group": JSON(Self.group), "minimum": 3])])
            #expect(answer.status == 200, Comment(rawValue: answer.json.text))
            #expect(answer.json["gate"]?["open"] == .bool(true) && answer.json["gate"]?["count"] == 3)
            #expect(answer.json["gate"]?["height"] == 7)
            let token = try #require(answer.json["receipt"]?.string)
            let keys = try await world.door.send("GET", "/v1/receipts/keys").json
            let claims = try Attestation.verify(
                token, keys: JSONWebKeySet(json: keys.bytes), now: Int64(Date().timeIntervalSince1970))
            let told = try JSON(parsing: claims)
            #expect(told["person"] == "user-1" && told["gate"]?["open"] == .bool(true) && told["iss"] == "weir")

            let link = try await world.door.send("GET", "/v1/wallets/\(world.account.address)")
            #expect(link.json["person"] == "user-1")
            let closed = try await world.door.send(
                "GET", "/v1/gates/\(Self.group)/\(world.account.address)?minimum=4")
            #expect(closed.json["open"] == .bool(false) && closed.json["count"] == 3)
            // The locker is emptied to it without being asked.
            let operation = try await world.door.pool.query(
                "select type, state, payload ->> 'holder' as holder from operations"
            ).one()
            #expect(try operation.decode(String.self, "type") == "settle_linked_wallet")
            #expect(try operation.decode(String.self, "holder") == "user-1")
            let again = try await world.verify(nonce, world.proof(nonce))
            #expect(again.status == 403 && again.detail == "the nonce was used before")
        }
    }

    @Test func `a message that the wallet's user signed does as well`() async throws {
        try await Self.with { world in
            let (nonce, message) = try await world.nonce()
            let signature = try world.sign(Array(message.utf8), .user)
            #expect(try await world.verify(nonce, signature, [.init("by", "user_signature")]).status == 200)
        }
    }

    @Test func `what proves nothing is refused with the reason, and uses the nonce up`() async throws {
        try await Self.with { world in
            func refusal(_ signature: JSON, _ nonce: String) async throws -> String {
                let answer = try await world.verify(nonce, signature)
                #expect(answer.status == 403)
                #expect(answer.json["type"] == "urn:weir:problem:wallet-refused")
                return answer.detail
            }
            let other = try await world.nonce().hex
            #expect(
                try await refusal(world.proof(other, app: "another app"), other)
                    == "the signature of key 0 does not verify")
            #expect(try await refusal(world.proof(other), other) == "the nonce was used before")
            let (mine, theirs) = (try await world.nonce().hex, try await world.nonce().hex)
            #expect(try await refusal(world.proof(theirs), mine) == "the signature of key 0 does not verify")
            #expect(
                try await refusal(world.proof(theirs), String(repeating: "ab", count: 32)).hasPrefix(
                    "the nonce is none of ours"))
            try await world.door.pool.execute("update wallet_nonces set expires_at = now() - interval '1 second'")
            #expect(try await refusal(world.proof(theirs), theirs).hasPrefix("the nonce has expired"))
            let child = try await world.nonce().hex
            let message = try AccountProof.message(
                appIdentifier: "weir", address: world.account.address.bytes, nonce: Hex.decode(child) ?? [])
            #expect(
                try await refusal(world.sign(message, .accountProof, addr: "0x01cf0e2f2f715450"), child)
                    == "the signature of key 0 is for another account")
            let revoked = try await world.nonce().hex
            try await world.client.succeed("revoke_keys", [.array(CadenceArray([.int(0)]))], by: world.account)
            #expect(try await refusal(world.proof(revoked), revoked) == "key 0 is revoked")
            #expect(try await world.door.send("GET", "/v1/wallets/\(world.account.address)").status == 404)
            #expect(try await world.door.pool.query("select from operations").isEmpty)
        }
    }

    @Test func `of two calls with one nonce one links`() async throws {
        try await Self.with { world in
            let (nonce, _) = try await world.nonce()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 { group.addTask { try await world.verify(nonce, world.proof(nonce)).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
            }
            #expect(statuses == [200, 403, 403, 403, 403, 403])
        }
    }

    @Test func `somebody can be unlinked and erased, and the audit's chain stays whole`() async throws {
        try await Self.with { world in
            let (nonce, _) = try await world.nonce("alice@example")
            #expect(try await world.verify(nonce, world.proof(nonce)).status == 200)
            #expect(
                try await world.door.send("GET", "/v1/people/alice@example/wallets").json["wallets"]?.array?.count == 1)
            #expect(try await world.door.send("DELETE", "/v1/wallets/\(world.account.address)").status == 204)
            #expect(try await world.door.send("DELETE", "/v1/wallets/\(world.account.address)").status == 404)
            let (second, _) = try await world.nonce("alice@example")
            #expect(try await world.verify(second, world.proof(second)).status == 200)
            let erased = try await world.door.send("DELETE", "/v1/people/alice@example")
            #expect(erased.json["links_erased"] == 1)
            let entries = try await world.door.send("GET", "/v1/audit").json["entries"]?.array ?? []
            #expect(
                entries.reversed().compactMap { $0["action"]?.string } == [
                    "wallet.linked", "wallet.unlinked", "wallet.linked", "person.erased",
                ])
            #expect(!JSON.array(entries).text.contains("alice"), "nobody stands there by name")
            let log = AuditLog(pool: world.door.pool)
            guard case .whole(4, _) = try await log.verify() else {
                Issue.record("the chain is broken")
                return
            }
            // Not even the owner of the tables changes an entry unseen.
            await #expect(throws: PostgresError.self) {
                try await world.door.pool.execute("update audit set actor = 'nobody' where id = 2")
            }
            try await world.door.pool.execute("alter table audit disable trigger audit_is_only_added_to")
            try await world.door.pool.execute("update audit set actor = 'nobody' where id = 2")
            #expect(try await log.verify() == .broken(at: 2))
            try await world.door.pool.execute(
                "update audit set digest = audit_digest(previous, id, at, tenant, actor, action, subject, before, after) where id = 2"
            )
            #expect(try await log.verify() == .broken(at: 3))
            try await world.door.pool.execute("delete from audit where id = 2")
            #expect(try await log.verify() == .broken(at: 3))
        }
    }

    @Test func `where nodes tell different keys, nothing is decided and the nonce stays good`() async throws {
        try await Self.with { world in
            let liar = try DevnetNode(
                configuration: DevnetConfiguration(servicePublicKey: PrivateKey.generate(.ecdsaP256).publicKey))
            var wallets = WalletAccess()
            wallets.verifier = WalletVerifier(api: world.client.api, chain: .emulator, witness: liar)
            let door = Door(pool: world.door.pool, wallets: wallets)
            let (nonce, _) = try await world.nonce()
            let body: JSON = [
                "nonce": JSON(nonce), "address": JSON(world.account.address.description),
                "signatures": [try world.proof(nonce)],
            ]
            #expect(try await door.send("POST", "/v1/wallets/verify", body).status == 503)
            #expect(try await world.door.send("POST", "/v1/wallets/verify", body).status == 200)
        }
    }

    @Test func `a body that is wrong names what`() async throws {
        try await Self.with { world in
            for (body, detail) in [
                ([:], "nonce is required"),
                (["nonce": "ab", "address": "1", "signatures": [1]], "nonce must be 64 hex digits"),
                (
                    ["nonce": JSON(String(repeating: "a", count: 64)), "address": "xyz", "signatures": [1]],
                    "address must be"
                ),
                (
                    [
                        "nonce": JSON(String(repeating: "a", count: 64)),
                        "address": JSON(world.account.address.description),
                        "signatures": [["addr": "0x1"]],
                    ], "signatures[0] must be a CompositeSignature"
                ),
            ] as [(JSON, String)] {
                let answer = try await world.door.send("POST", "/v1/wallets/verify", body)
                #expect(answer.status == 422 && answer.detail.hasPrefix(detail), "\(answer.detail)")
            }
        }
    }
}
