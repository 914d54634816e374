import Encoding

extension TransactionCollection {
    /// The id that a collection of these transactions has: SHA3-256 of the RLP of a struct with one field, the list of ids.
    public static func id(of transactions: [TransactionID]) -> CollectionID {
        let ids = transactions.count * RLP.sizeOfIdentifier
        let contents = RLP.sizeOfList(ids)
        let encoded = RLPWriter.write(count: RLP.sizeOfList(contents)) { writer in
            writer.listHeader(contents)
            writer.listHeader(ids)
            for transaction in transactions { writer.identifier(transaction.raw) }
        }
        return CollectionID(raw: SHA3.hash256(encoded))
    }
}
