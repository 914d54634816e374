import Cadence
import Devnet
import FlowClient
import Signer
import Testing

/// cadence/transactions/add_key.cdc, with which keys are rotated.
struct AddKeyTests {
    private let service = PrivateKey.generate(.ecdsaP256)

    private func setUp() async throws -> (DevnetClient, DevnetAccount) {
        let node = try DevnetNode(configuration: DevnetConfiguration(servicePublicKey: service.publicKey))
        let bootstrap = DevnetBootstrap(
            api: node, serviceSigner: InMemorySigner(key: service, hashAlgorithm: .sha3_256))
        let account = try await bootstrap.makeAccount(
            signer: InMemorySigner(key: .generate(.ecdsaP256), hashAlgorithm: .sha3_256), flow: 10)
        return (bootstrap.client, account)
    }

    private func arguments(
        _ key: PublicKey, _ hash: HashAlgorithm, weight: UInt64 = 1000
    ) -> [CadenceValue] {
        [
            .string(key.hex), .uint8(key.algorithm.cadenceCode.rawValue), .uint8(hash.cadenceCode.rawValue),
            .ufix64(weight * 100_000_000),
        ]
    }

    @Test(.timeLimit(.minutes(1)), arguments: SignatureAlgorithm.allCases, HashAlgorithm.allCases)
    func `an added key signs, and the old one can be revoked with it`(
        algorithm: SignatureAlgorithm, hash: HashAlgorithm
    ) async throws {
        let (client, account) = try await setUp()
        let key = PrivateKey.generate(algorithm)
        let result = try await client.succeed("add_key", arguments(key.publicKey, hash), by: account)
        #expect(result.events.contains { $0.type == "flow.AccountKeyAdded" })
        let added = try await client.api.accountKey(account.address, index: 1, at: .latest).value
        #expect(added.publicKey == key.publicKey.bytes && added.weight == 1000 && !added.revoked)
        #expect(added.signatureAlgorithmCode == algorithm.protoCode.rawValue)
        #expect(added.hashAlgorithmCode == hash.protoCode.rawValue)
        let successor = DevnetAccount(
            address: account.address, keys: [.init(index: 1, signer: InMemorySigner(key: key, hashAlgorithm: hash))])
        try await client.succeed("revoke_keys", [.array(CadenceArray([.int(0)]))], by: successor)
        #expect(try await client.api.accountKey(account.address, index: 0, at: .latest).value.revoked)
    }

    @Test(.timeLimit(.minutes(1)))
    func `what is no key is not added`() async throws {
        let (client, account) = try await setUp()
        let good = arguments(PrivateKey.generate(.ecdsaP256).publicKey, .sha3_256)
        for (place, value) in [
            (0, CadenceValue.string("zz")), (0, .string("00")), (0, .string(String(repeating: "01", count: 64))),
            (1, .uint8(7)), (2, .uint8(9)),
        ] {
            var bad = good
            bad[place] = value
            let result = try await client.run(try await client.transaction("add_key", bad, by: account))
            #expect(result.statusCode == 1)
        }
        #expect(try await client.api.accountKeys(account.address, at: .latest).value.count == 1)
    }
}
