import Cadence
import Devnet
import FlowClient
import Foundation
import Signer
import Testing

@testable import PlatformBridge

/// A wallet on the devnet, and a node that passes everything on to it but scripts of FCLCrypto, which it answers as the
/// contract does.
@Suite(.timeLimit(.minutes(1)))
struct WalletVerifierTests {
    private let app = "weir.test"
    private let nonce = [UInt8](repeating: 5, count: 32)

    private struct Wallet {
        let devnet: DevnetNode
        let account: DevnetAccount
        let key: PrivateKey
        let hash: HashAlgorithm

        static func make(_ algorithm: SignatureAlgorithm, _ hash: HashAlgorithm) async throws -> Wallet {
            let service = PrivateKey.generate(.ecdsaP256)
            let devnet = try DevnetNode(configuration: DevnetConfiguration(servicePublicKey: service.publicKey))
            let bootstrap = DevnetBootstrap(
                api: devnet, serviceSigner: InMemorySigner(key: service, hashAlgorithm: .sha3_256))
            let key = PrivateKey.generate(algorithm)
            let account = try await bootstrap.makeAccount(
                signer: InMemorySigner(key: key, hashAlgorithm: hash), flow: 10)
            return Wallet(devnet: devnet, account: account, key: key, hash: hash)
        }

        func sign(_ message: [UInt8], _ tag: DomainTag, key index: UInt32 = 0) throws -> CompositeSignature {
            CompositeSignature(
                address: account.address.bytes, keyIndex: index,
                signature: try key.sign(digest: Digest.hash(tag.bytes + message, with: hash)))
        }

        var client: DevnetClient { DevnetClient(api: devnet) }
    }

    private func proof(_ wallet: Wallet, key: UInt32 = 0) throws -> CompositeSignature {
        let message = try AccountProof.message(
            appIdentifier: app, address: wallet.account.address.bytes, nonce: nonce)
        return try wallet.sign(message, .accountProof, key: key)
    }

    private func verify(
        _ wallet: Wallet, _ signatures: [CompositeSignature], by way: WalletVerifier.Way,
        api: (any AccessAPI)? = nil, address: Address? = nil
    ) async throws -> WalletVerifier.Proof {
        let api = api ?? ContractNode(node: wallet.devnet)
        return try await WalletVerifier(api: api, chain: .testnet).verifyAccountProof(
            appIdentifier: app, address: address ?? wallet.account.address, nonce: nonce, signatures: signatures,
            by: way)
    }

    @Test(arguments: SignatureAlgorithm.allCases, HashAlgorithm.allCases)
    func `keys and contract agree on a good proof, on every curve and hash`(
        algorithm: SignatureAlgorithm, hash: HashAlgorithm
    ) async throws {
        let wallet = try await Wallet.make(algorithm, hash)
        let signatures = [try proof(wallet)]
        #expect(try await verify(wallet, signatures, by: .keys).weight == 1000)
        let proof = try await verify(wallet, signatures, by: .contract)
        #expect(proof.weight == nil && proof.height > 0)
        let verifier = WalletVerifier(api: ContractNode(node: wallet.devnet), chain: .mainnet)
        let message = Array("I am".utf8)
        for way in [WalletVerifier.Way.keys, .contract] {
            _ = try await verifier.verifyUserMessage(
                message, address: wallet.account.address, signatures: [try wallet.sign(message, .user)], by: way)
            await #expect(throws: ProofRefusal.self) {
                try await verifier.verifyUserMessage(
                    message + [1], address: wallet.account.address, signatures: [try wallet.sign(message, .user)],
                    by: way)
            }
        }
    }

    @Test(arguments: [WalletVerifier.Way.keys, .contract])
    func `too little weight, revoked, unknown and doubled keys are refused either way`(
        way: WalletVerifier.Way
    ) async throws {
        let wallet = try await Wallet.make(.ecdsaSecp256k1, .sha2_256)
        // Key 1 is the same key with no weight.
        try await wallet.client.succeed("add_proposal_keys", [.int(1)], by: wallet.account)
        let (good, weightless) = (try proof(wallet), try proof(wallet, key: 1))
        _ = try await verify(wallet, [good, weightless], by: way)
        await #expect(throws: ProofRefusal.self) { try await verify(wallet, [weightless], by: way) }
        await #expect(throws: ProofRefusal.self) { try await verify(wallet, [try proof(wallet, key: 7)], by: way) }
        await #expect(throws: ProofRefusal.duplicateKey(0)) { try await verify(wallet, [good, good], by: way) }
        await #expect(throws: ProofRefusal.noSignatures) { try await verify(wallet, [], by: way) }
        await #expect(throws: ProofRefusal.otherAccount(keyIndex: 0)) {
            try await verify(wallet, [good], by: way, address: Address(rawValue: 1))
        }
        // Revoked now: it counts at once.
        try await wallet.client.succeed(
            "revoke_keys", [.array(CadenceArray([.int(1)]))], by: wallet.account)
        await #expect(throws: ProofRefusal.self) { try await verify(wallet, [good, weightless], by: way) }
        try await wallet.client.succeed(
            "revoke_keys", [.array(CadenceArray([.int(0)]))], by: wallet.account)
        await #expect(throws: ProofRefusal.self) { try await verify(wallet, [good], by: way) }
    }

    @Test func `an account that is not there proves nothing`() async throws {
        let wallet = try await Wallet.make(.ecdsaP256, .sha3_256)
        let stranger = AddressGenerator(chain: .emulator)!.address(at: 900)!
        var signature = try proof(wallet)
        signature.address = stranger.bytes
        await #expect(throws: ProofRefusal.unknownAccount) {
            try await verify(wallet, [signature], by: .keys, address: stranger)
        }
    }

    @Test func `where the contract is not, that is said, and not that the proof is bad`() async throws {
        let wallet = try await Wallet.make(.ecdsaP256, .sha3_256)
        let signatures = [try proof(wallet)]
        // The devnet itself has no such contract.
        let error = await #expect(throws: FCLCrypto.Absence.self) {
            try await verify(wallet, signatures, by: .contract, api: wallet.devnet)
        }
        #expect(error == .notDeployed(FCLCrypto.knownAddresses[.testnet]!, .testnet))
        await #expect(throws: FCLCrypto.Absence.unknown(.emulator)) {
            try await WalletVerifier(api: wallet.devnet, chain: .emulator).verifyAccountProof(
                appIdentifier: app, address: wallet.account.address, nonce: nonce, signatures: signatures,
                by: .contract)
        }
    }

    @Test func `a node that can't answer, or answers nonsense, is no refusal`() async throws {
        let wallet = try await Wallet.make(.ecdsaP256, .sha3_256)
        let signatures = [try proof(wallet)]
        for code in [AccessError.Code.unavailable, .resourceExhausted, .deadlineExceeded] {
            let node = ContractNode(node: wallet.devnet) { _ in throw AccessError(code, "busy") }
            let error = await #expect(throws: AccessError.self) {
                try await verify(wallet, signatures, by: .contract, api: node)
            }
            #expect(error?.code == code)
        }
        for answer in [[], Array("{".utf8), JSONCDC.encode(.string("true")), JSONCDC.encode(.optional(.bool(true)))] {
            let node = ContractNode(node: wallet.devnet) { _ in answer }
            await #expect(throws: FCLCrypto.Absence.self) {
                try await verify(wallet, signatures, by: .contract, api: node)
            }
        }
    }

    @Test func `a short nonce and a passkey's signature are refused before anybody is asked`() async throws {
        let wallet = try await Wallet.make(.ecdsaP256, .sha3_256)
        let node = ContractNode(node: wallet.devnet) { _ in throw AccessError(.unavailable, "asked") }
        let verifier = WalletVerifier(api: node, chain: .testnet)
        var passkey = try proof(wallet)
        passkey.extensionData = [1, 0xc0]
        await #expect(throws: ProofRefusal.extensionData(keyIndex: 0)) {
            try await verify(wallet, [passkey], by: .contract, api: node)
        }
        await #expect(throws: ProofRefusal.self) {
            try await verifier.verifyAccountProof(
                appIdentifier: app, address: wallet.account.address, nonce: Array(nonce.dropLast()),
                signatures: [try proof(wallet)], by: .contract)
        }
    }
}
