import FlowClient
import Signer

/// Keys of accounts as the signer's module knows them.
enum AccountKeys {
    static func isValid(_ key: AccountKey) -> Bool { publicKey(key) != nil }

    static func publicKey(_ key: AccountKey) -> PublicKey? {
        let algorithm: SignatureAlgorithm = key.signatureAlgorithmCode == 2 ? .ecdsaP256 : .ecdsaSecp256k1
        return try? PublicKey(algorithm: algorithm, bytes: key.publicKey)
    }

    /// Hashed with the key's own hash. A signature with the other S is as good.
    static func verify(_ signature: [UInt8], of message: [UInt8], with key: AccountKey) -> Bool {
        let hash: HashAlgorithm = key.hashAlgorithmCode == 1 ? .sha2_256 : .sha3_256
        return publicKey(key)?.verify(signature: signature, message: message, hash: hash) ?? false
    }

    static func make(_ key: PublicKey, hash: HashAlgorithm, weight: UInt32) -> AccountKey {
        var account = AccountKey()
        account.publicKey = key.bytes
        account.signatureAlgorithmCode = key.algorithm == .ecdsaP256 ? 2 : 3
        account.hashAlgorithmCode = hash == .sha2_256 ? 1 : 3
        account.weight = weight
        return account
    }
}
