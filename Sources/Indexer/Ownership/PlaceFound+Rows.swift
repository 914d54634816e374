import Cadence
import Postgres

extension PlaceFound {
    /// The collection, the transaction, and the account before: $1 to $4 of the statement that finds what lies in it.
    var parameters: [PostgresValue] {
        [
            .id64(collection), .height(position.height), .index(position.transactionIndex),
            .optional(before?.hex, PostgresValue.text),
        ]
    }

    /// Those of the tokens that are somebody else's now that the collection is here.
    func changes(of rows: PostgresRows) throws -> [OwnershipChange] {
        try rows.compactMap { row in
            let (token, before) = (try row.token64(), try row.owner())
            guard let owner = before.moved(to: account, contract: token.contractAccount), owner != before else {
                return nil
            }
            return OwnershipChange(token: token, owner: owner, collection: collection, position: position)
        }
    }
}
