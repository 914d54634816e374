package import Encoding

extension Campaign {
    /// Somebody whom a campaign sends to, and what became of it.
    package struct Recipient: Hashable, Sendable {
        package var dropID: String
        package var address: String?
        package var holder: String?
        package var readiness: String?
        package var state: String
        package var reason: String?
        package var operation: String?
        package var tokenID: String?
        package var transactionID: String?
        package var height: Int64?

        /// What `state` may be.
        package static let states = [
            "pending", "sending", "delivered", "failed", "unproven", "skipped", "cancelled",
        ]

        package var json: JSON {
            [
                "drop_id": JSON(dropID), "address": JSON(address), "holder": JSON(holder),
                "readiness": JSON(readiness), "state": JSON(state), "reason": JSON(reason),
                "operation": JSON(operation), "token_id": JSON(tokenID), "transaction_id": JSON(transactionID),
                "height": height.map { JSON($0) } ?? .null,
            ]
        }

        package static let header = CSV.record([
            "drop_id", "address", "holder", "readiness", "state", "reason", "operation", "token_id", "transaction_id",
            "height",
        ])

        package var record: String {
            CSV.record([
                dropID, address ?? "", holder ?? "", readiness ?? "", state, reason ?? "", operation ?? "",
                tokenID ?? "", transactionID ?? "", height.map(String.init) ?? "",
            ])
        }
    }
}

/// A campaign's recipients as CSV, a page of the table at a time.
package struct RecipientPages: AsyncSequence, Sendable {
    let store: CampaignStore
    let campaign: Campaign
    let state: String?

    private static let pageSize = 2_000

    package init(store: CampaignStore, campaign: Campaign, state: String?) {
        (self.store, self.campaign, self.state) = (store, campaign, state)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(pages: self) }

    package struct Iterator: AsyncIteratorProtocol {
        let pages: RecipientPages
        private var after = ""
        private var isFirst = true
        private var isOver = false

        init(pages: RecipientPages) { self.pages = pages }

        package mutating func next() async throws -> [UInt8]? {
            guard !isOver else { return nil }
            let page = try await pages.store.recipients(
                of: pages.campaign, state: pages.state, after: after, limit: RecipientPages.pageSize)
            isOver = page.count < RecipientPages.pageSize
            after = page.last?.dropID ?? after
            let text = (isFirst ? Campaign.Recipient.header : "") + page.map(\.record).joined()
            isFirst = false
            return Array(text.utf8)
        }
    }
}
