import Cadence
package import FlowClient

/// An event of the platform's contracts that names the operation that asked for it.
package struct OperationEvent: Hashable, Sendable {
    /// NovaBrand, NovaPass, NovaCollectible.
    package var contract: String
    /// Minted, Dropped, Rejected, …
    package var kind: String
    package var operation: String
    /// The contract's word for the item: an id, a drop's row, a token's number.
    package var item: String
    package var reason: String?
    package var tokenID: UInt64?
    package var transactionID: TransactionID
    package var height: BlockHeight
    /// In the block, and in the transaction: with the height, the order of everything.
    package var transactionIndex: UInt32
    package var eventIndex: UInt32

    package init(
        contract: String, kind: String, operation: String, item: String, reason: String? = nil, tokenID: UInt64? = nil,
        transactionID: TransactionID = .zero, height: BlockHeight = 0, transactionIndex: UInt32 = 0,
        eventIndex: UInt32 = 0
    ) {
        self.contract = contract
        self.kind = kind
        self.operation = operation
        self.item = item
        self.reason = reason
        self.tokenID = tokenID
        self.transactionID = transactionID
        self.height = height
        self.transactionIndex = transactionIndex
        self.eventIndex = eventIndex
    }

    /// Nil for an event that names no operation. An event of a contract that is not ours and has a field `operation` does
    /// no harm: operations are looked up by an id that nobody can guess.
    package init?(_ event: Event, height: BlockHeight) throws {
        let names = event.type.split(separator: ".")
        guard names.count == 4, names[0] == "A", Self.items[names[3]] != nil else { return nil }
        guard let fields = try Self.decode(event.payload).asComposite,
            let operation = fields["operation"]?.asString
        else { return nil }
        let named = Self.items[names[3]]!.lazy.compactMap { fields[$0] }.first
        self.init(
            contract: String(names[2]), kind: String(names[3]), operation: operation,
            item: named?.asString ?? named?.asUInt64.map(String.init) ?? "", reason: fields["reason"]?.asString,
            tokenID: fields["id"]?.asUInt64, transactionID: event.transactionID, height: height,
            transactionIndex: event.transactionIndex, eventIndex: event.eventIndex)
    }

    /// CCF begins with 0xd8, JSON-CDC with a brace.
    static func decode(_ payload: [UInt8]) throws -> CadenceValue {
        payload.first == 0xd8 ? try CCF.decode(payload) : try JSONCDC.decode(payload)
    }

    /// Kind of event to the fields that may name its item.
    private static let items: [Substring: [String]] = [
        "BrandCreated": ["brandID"], "BrandStatusChanged": ["brandID"], "SubmissionCreated": ["submissionID"],
        "PassCreated": ["passID"], "ReleaseScheduled": ["releaseID"], "Minted": ["id"], "Delivered": ["id"],
        "Held": ["id"],
        "Released": ["id"], "Claimed": ["id"], "CollectibleCreated": ["collectibleID"], "Dropped": ["dropID"],
        "Rejected": ["item"],
    ]
}
