import Encoding

extension AccountKey {
    /// The account key as `create_account` templates take it: [public key, signature algorithm, hash algorithm, weight],
    /// algorithms by their proto codes (onflow/sdks:fixtures/rlp-keys.json).
    public var rlp: [UInt8] {
        let numbers = [UInt64(signatureAlgorithmCode), UInt64(hashAlgorithmCode), UInt64(weight)]
        let contents = RLP.size(of: publicKey) + numbers.reduce(0) { $0 + RLP.size(of: $1) }
        return RLPWriter.write(count: RLP.sizeOfList(contents)) { writer in
            writer.listHeader(contents)
            writer.bytes(publicKey)
            for number in numbers { writer.integer(number) }
        }
    }
}
