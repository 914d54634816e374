import Encoding

/// Proof that a wallet controls an account: the account's keys sign an application's name, the account's address and a
/// nonce (onflow/fcl-js, provable-authn.md). Pure: nonces are issued, kept and used up elsewhere, keys are read elsewhere.
public enum AccountProof {
    public static let minimumNonceBytes = 32

    /// What is signed, without its domain tag: RLP of [application identifier, address, nonce].
    ///
    /// Throws `malformed` for an empty identifier, an address that has not 8 bytes and a nonce below 32 bytes.
    public static func message(appIdentifier: String, address: [UInt8], nonce: [UInt8]) throws(SignerError) -> [UInt8] {
        guard !appIdentifier.isEmpty else { throw SignerError(.malformed, "the application identifier is empty") }
        guard address.count == 8 else {
            throw SignerError(.malformed, "an address has 8 bytes, this has \(address.count)")
        }
        guard nonce.count >= minimumNonceBytes else {
            throw SignerError(.malformed, "a nonce has at least \(minimumNonceBytes) bytes, this has \(nonce.count)")
        }
        return RLP.encode(.list([.bytes(Array(appIdentifier.utf8)), .bytes(address), .bytes(nonce)]))
    }

    /// Verifies a proof against an account's keys as they are now.
    ///
    /// - Parameters:
    ///   - appIdentifier: the server's own constant, never what the client sent.
    ///   - tags: domain tags to try. Some wallets sign proofs under `DomainTag.user`; taking those weakens the separation.
    /// - Returns: the weight that signed, at least 1000.
    @discardableResult
    public static func verify(
        appIdentifier: String, address: [UInt8], nonce: [UInt8], signatures: [CompositeSignature],
        keys: [AccountKeyState], tags: [DomainTag] = [.accountProof]
    ) throws(ProofRefusal) -> Int {
        let message = try checked(
            appIdentifier: appIdentifier, address: address, nonce: nonce, signatures: signatures)
        return try SignatureSet(address: address, signatures: signatures, keys: keys).verify(message, tags: tags)
    }

    /// What can be refused before the account's keys are known, and the message that must have been signed, without its
    /// domain tag.
    package static func checked(
        appIdentifier: String, address: [UInt8], nonce: [UInt8], signatures: [CompositeSignature]
    ) throws(ProofRefusal) -> [UInt8] {
        try SignatureSet.checkShape(signatures, address: address)
        do throws(SignerError) {
            return try message(appIdentifier: appIdentifier, address: address, nonce: nonce)
        } catch {
            throw .malformed(error.message)
        }
    }
}

/// A message that a wallet's user signed (onflow/fcl-js, user-signature.md).
public enum UserMessage {
    /// What can be refused before the account's keys are known.
    package static func check(_ signatures: [CompositeSignature], address: [UInt8]) throws(ProofRefusal) {
        try SignatureSet.checkShape(signatures, address: address)
    }

    /// Verifies a message's signatures against the account's keys as they are now; the domain tag is added here.
    ///
    /// - Returns: the weight that signed, at least 1000.
    @discardableResult
    public static func verify(
        _ message: [UInt8], address: [UInt8], signatures: [CompositeSignature], keys: [AccountKeyState]
    ) throws(ProofRefusal) -> Int {
        try SignatureSet(address: address, signatures: signatures, keys: keys).verify(message, tags: [.user])
    }
}
