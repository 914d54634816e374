import Cadence
import Devnet
import FlowClient
import Signer

enum DevnetWallet {
    /// A user's account that takes passes and collectibles.
    static func make(_ bench: Bench) async throws -> Address {
        let signer = InMemorySigner(key: PrivateKey.generate(.ecdsaP256), hashAlgorithm: .sha2_256)
        let bootstrap = DevnetBootstrap(api: bench.node, serviceSigner: bench.service.keys[0].signer)
        return try await bootstrap.wallet(signer: signer).address
    }
}
