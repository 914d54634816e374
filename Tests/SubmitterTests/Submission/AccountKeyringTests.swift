import Cadence
import FlowClient
import Signer
import Testing

@testable import Submitter

/// Which of the account's keys this process signs with.
struct AccountKeyringTests {
    private let account = Address(rawValue: 0x179b_6b1c_b675_5e31)
    private let old = PrivateKey.generate(.ecdsaP256)
    private let new = PrivateKey.generate(.ecdsaSecp256k1)

    private func key(
        _ index: UInt32, _ key: PrivateKey, weight: UInt32, hash: HashAlgorithm = .sha3_256, revoked: Bool = false
    ) -> AccountKey {
        var entry = AccountKey()
        entry.index = KeyIndex(index)
        entry.publicKey = key.publicKey.bytes
        entry.signatureAlgorithmCode = key.publicKey.algorithm.protoCode.rawValue
        entry.hashAlgorithmCode = hash.protoCode.rawValue
        entry.weight = weight
        entry.revoked = revoked
        return entry
    }

    private func keyring(_ keys: [AccountKey], _ signers: PrivateKey...) -> AccountKeyring {
        AccountKeyring(
            account: account, keys: keys,
            signers: signers.map { InMemorySigner(key: $0, hashAlgorithm: .sha3_256) })
    }

    @Test func `the first signer that can pay pays, wherever its key stands`() {
        let keys = [key(0, old, weight: 1000), key(1, old, weight: 0), key(2, new, weight: 1000)]
        #expect(keyring(keys, new, old).payer?.index == 2)
        #expect(keyring(keys, old, new).payer?.index == 0)
        #expect(keyring(keys, new, old).entries.count == 3)
        #expect(keyring(keys, new).entries.keys.sorted() == [2])
        // Of several keys with one public key, the lowest.
        #expect(keyring([key(3, new, weight: 1000), key(5, new, weight: 1000)], new).payer?.index == 3)
    }

    @Test func `a key that is revoked, light or hashed otherwise pays nothing`() {
        #expect(keyring([key(0, old, weight: 1000, revoked: true)], old).payer == nil)
        #expect(keyring([key(0, old, weight: 999)], old).payer == nil)
        #expect(keyring([key(0, old, weight: 1000, hash: .sha2_256)], old).entries.isEmpty)
        let keys = [key(0, new, weight: 1000, revoked: true), key(1, old, weight: 1000)]
        #expect(keyring(keys, new, old).payer?.index == 1)
    }
}
