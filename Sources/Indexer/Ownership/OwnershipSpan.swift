package import FlowClient

/// Who had a token, from when, and until when. What an owner has at height H is what it has after block H: a span counts
/// there where it begins at or before H and ends after it. Spans that begin and end in one block count nowhere.
package struct OwnershipSpan: Hashable, Sendable {
    package var token: TokenKey
    package var owner: Owner
    package var collection: UInt64?
    package var from: EventPosition
    /// Nil: still.
    package var to: EventPosition?

    package func covers(_ height: BlockHeight) -> Bool {
        from.height <= height && (to.map { $0.height > height } ?? true)
    }
}
