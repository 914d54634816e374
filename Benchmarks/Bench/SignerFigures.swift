import FlowClient
import Signer

/// Signing and verifying beside the bare libraries, a whole transaction beside the bare signature and beside flow-py-sdk.
enum SignerFigures {
    static let all: [Figure] = [
        share("signer.secp256k1.sign", "a digest signed, secp256k1", 95) {
            (try sign(.ecdsaSecp256k1), BareSecp256k1.sign())
        },
        share("signer.secp256k1.verify", "a signature verified, secp256k1", 90) {
            (try verify(.ecdsaSecp256k1), BareSecp256k1.verify())
        },
        share("signer.p256.sign", "a digest signed, P-256", 95) { (try sign(.ecdsaP256), BareP256.sign()) },
        share("signer.p256.verify", "a signature verified, P-256", 90) { (try verify(.ecdsaP256), BareP256.verify()) },
        share("signer.transaction.secp256k1", "a transaction built, hashed, signed and encoded", 80) {
            (try transaction(.ecdsaSecp256k1, .sha3_256), BareSecp256k1.sign())
        },
        share("signer.transaction.secp256k1.with-id", "the same and its id computed", 80) {
            (try transaction(.ecdsaSecp256k1, .sha3_256, withID: true), BareSecp256k1.sign())
        },
        share("signer.transaction.p256", "a transaction built, hashed, signed and encoded, P-256", 80) {
            (try transaction(.ecdsaP256, .sha3_256), BareP256.sign())
        },
        timesSDK("signer.transaction.flow-py-sdk", "a transaction built, hashed, signed and encoded", signing: true) {
            let signer = try inMemory(.ecdsaSecp256k1, .sha3_256)
            return { try SampleTransaction.sign(signer) }
        },
        timesSDK("flow.transaction.encode", "a transaction built and encoded, the signature given", signing: false) {
            let signature = try key(.ecdsaSecp256k1).sign(digest: digest)
            return { SampleTransaction.encode(signature: signature) }
        },
    ]

    /// Our rate as hundredths of the bare library's.
    private static func share(
        _ name: String, _ meaning: String, _ percent: Double,
        _ make: @escaping @Sendable () throws -> (ours: () throws -> Void, library: BareLoop)
    ) -> Figure {
        Figure(name, meaning, target: .percent(percent)) { _ in
            let (ours, library) = try make()
            let rates = try Rounds.shortest(ours, library.body)
            return .rates(ours: rates.ours, peer: rates.peer, of: library.name)
        }
    }

    private static func timesSDK(
        _ name: String, _ meaning: String, signing: Bool, _ make: @escaping @Sendable () throws -> () throws -> Void
    ) -> Figure {
        Figure(name, meaning, target: .times(20)) { tools in
            let body = try make()
            let ours = ComputingRate { count in for _ in 0..<count { try body() } }
            guard let python = try tools.python() else {
                return .noPeer(ours: try Rounds.best { try ours.measure(seconds: $0) }, why: "flow-py-sdk")
            }
            let job = SampleTransaction.peer(signing: signing)
            let best = try await Rounds.best(
                ours: { try ours.measure(seconds: $0) }, peer: { try python.rate(job, seconds: $0) })
            return .rates(ours: best.ours, peer: best.peer, of: python.sdk)
        }
    }

    private static let digest = Digest.sha3_256([1, 2, 3])

    private static func key(_ algorithm: SignatureAlgorithm) throws -> PrivateKey {
        try PrivateKey(algorithm: algorithm, scalar: SampleTransaction.scalar)
    }

    private static func inMemory(_ algorithm: SignatureAlgorithm, _ hash: HashAlgorithm) throws -> InMemorySigner {
        InMemorySigner(key: try key(algorithm), hashAlgorithm: hash)
    }

    private static func sign(_ algorithm: SignatureAlgorithm) throws -> () throws -> Void {
        let key = try key(algorithm)
        return { consume(try key.sign(digest: digest)) }
    }

    private static func verify(_ algorithm: SignatureAlgorithm) throws -> () throws -> Void {
        let key = try key(algorithm)
        let signature = try key.sign(digest: digest)
        return { precondition(key.publicKey.verify(signature: signature, digest: digest)) }
    }

    private static func transaction(
        _ algorithm: SignatureAlgorithm, _ hash: HashAlgorithm, withID: Bool = false
    ) throws -> () throws -> Void {
        let signer = try inMemory(algorithm, hash)
        return { try SampleTransaction.sign(signer, withID: withID) }
    }
}
