package import Cadence
package import FlowClient
package import Signer

/// Whether what a wallet signed proves an account, by the account's keys as the chain has them now, or by FCLCrypto, the
/// contract for it. Keys are read anew each time: a revocation counts at once.
///
/// Throws `ProofRefusal` where the signatures prove nothing, `AccessError` where the chain could not be asked, which says
/// nothing of the signatures. Nonces are issued and used up elsewhere.
package struct WalletVerifier: Sendable {
    /// By what it was decided.
    package enum Way: String, Sendable {
        /// Here, from the account's keys.
        case keys
        /// On chain, by FCLCrypto. Takes one of the few scripts a second that public nodes allow.
        case contract
    }

    package struct Proof: Hashable, Sendable {
        /// Of the keys that signed, 1000 or more; nil where the contract decided, which does not say it.
        package var weight: Int?
        /// The sealed block whose state was asked.
        package var height: BlockHeight
    }

    package let api: any AccessAPI
    /// A second node that must tell the same keys at the same height. Nil: one node is believed.
    package var witness: (any AccessAPI)?
    package let contract: FCLCrypto

    /// - Parameter fclCrypto: where the contract is, if not where it is known to be on that chain.
    package init(
        api: any AccessAPI, chain: ChainID, witness: (any AccessAPI)? = nil, fclCrypto: Address? = nil
    ) {
        self.api = api
        self.witness = witness
        contract = FCLCrypto(address: fclCrypto ?? FCLCrypto.knownAddresses[chain], chain: chain)
    }

    /// - Parameters:
    ///   - appIdentifier: the server's own constant, never what the client sent.
    ///   - tags: which domain tags are taken where the keys decide; the contract has its own mind.
    package func verifyAccountProof(
        appIdentifier: String, address: Address, nonce: [UInt8], signatures: [CompositeSignature],
        tags: [DomainTag] = [.accountProof], by way: Way = .keys
    ) async throws -> Proof {
        let message = try AccountProof.checked(
            appIdentifier: appIdentifier, address: address.bytes, nonce: nonce, signatures: signatures)
        switch way {
        case .contract: return try await ask(.accountProof, message, address, signatures)
        case .keys:
            let (height, keys) = try await keys(of: address, for: signatures)
            let weight = try AccountProof.verify(
                appIdentifier: appIdentifier, address: address.bytes, nonce: nonce, signatures: signatures, keys: keys,
                tags: tags)
            return Proof(weight: weight, height: height)
        }
    }

    /// A message that the wallet's user signed; the domain tag is added here.
    package func verifyUserMessage(
        _ message: [UInt8], address: Address, signatures: [CompositeSignature], by way: Way = .keys
    ) async throws -> Proof {
        try UserMessage.check(signatures, address: address.bytes)
        switch way {
        case .contract: return try await ask(.userMessage, message, address, signatures)
        case .keys:
            let (height, keys) = try await keys(of: address, for: signatures)
            let weight = try UserMessage.verify(message, address: address.bytes, signatures: signatures, keys: keys)
            return Proof(weight: weight, height: height)
        }
    }

    private func ask(
        _ question: FCLCrypto.Question, _ message: [UInt8], _ address: Address, _ signatures: [CompositeSignature]
    ) async throws -> Proof {
        let script = try contract.script(question)
        let height = try await api.blockHeader(.latestSealed).value.height
        let answer: [UInt8]
        do {
            answer = try await api.executeScript(
                script, arguments: FCLCrypto.arguments(message, address, signatures), at: .height(height)
            ).value
        } catch let error as AccessError {
            throw contract.meaning(of: error)
        }
        guard try contract.verdict(answer) else { throw ProofRefusal.refusedOnChain }
        return Proof(weight: nil, height: height)
    }

    /// None of an account that the node does not know.
    private static func keys(
        of address: Address, at height: BlockHeight, by node: any AccessAPI
    ) async throws -> [AccountKey] {
        do { return try await node.accountKeys(address, at: .height(height)).value } catch let error as AccessError
            where error.code == .notFound
        { return [] }
    }

    /// The keys that the signatures name, at the latest sealed block.
    private func keys(
        of address: Address, for signatures: [CompositeSignature]
    ) async throws -> (BlockHeight, [AccountKeyState]) {
        let height = try await api.blockHeader(.latestSealed).value.height
        let keys: [AccountKey]
        do {
            keys = try await api.accountKeys(address, at: .height(height)).value
        } catch let error as AccessError where error.code == .notFound {
            throw ProofRefusal.unknownAccount
        }
        if let witness {
            let others = try await Self.keys(of: address, at: height, by: witness)
            guard others == keys else {
                throw AccessError(.dataLoss, "two nodes tell different keys of \(address) at height \(height)")
            }
        }
        // Only keys that are named have to make sense.
        let named = Set(signatures.map(\.keyIndex))
        return (height, try keys.filter { named.contains($0.index.rawValue) }.map(AccountKeyState.init))
    }
}

extension AccountKeyState {
    /// Throws `unsupported` for algorithms that no account key has, and whatever is wrong with the point.
    package init(_ key: AccountKey) throws(SignerError) {
        guard let algorithm = SignatureAlgorithm(protoCode: ProtoCode(key.signatureAlgorithmCode)),
            let hash = HashAlgorithm(protoCode: ProtoCode(key.hashAlgorithmCode))
        else {
            throw SignerError(
                .unsupported,
                "key \(key.index) of the account has signature algorithm \(key.signatureAlgorithmCode) and hash algorithm \(key.hashAlgorithmCode)"
            )
        }
        self.init(
            index: key.index.rawValue, publicKey: try PublicKey(algorithm: algorithm, bytes: key.publicKey),
            hashAlgorithm: hash, weight: Int(key.weight), isRevoked: key.revoked)
    }
}
