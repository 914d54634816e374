/// Signs with a key that a service keeps. Its nonces are the service's own: signing a message twice gives two signatures.
struct KMSSigner: TransactionSigner {
    let name: String
    let publicKey: PublicKey
    let hashAlgorithm: HashAlgorithm
    /// Gives the DER signature of a digest.
    let signDigest: @Sendable (Digest) async throws -> [UInt8]

    var isDeterministic: Bool { false }

    func sign(_ message: [UInt8]) async throws -> [UInt8] {
        let digest = Digest.hash(message, with: hashAlgorithm)
        guard let signature = DERSignature.rawSignature(try await signDigest(digest)) else {
            throw SignerError(.badAnswer, "\(name) answered with something that is no DER signature")
        }
        // Costs a fraction of the call, and a node would say so only after the transaction was spent.
        guard publicKey.verify(signature: signature, digest: digest) else {
            throw SignerError(.badAnswer, "\(name) answered with a signature that its own public key refuses")
        }
        return signature
    }
}
