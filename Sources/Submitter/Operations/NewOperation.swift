package import FoundationEssentials

/// An operation to be. The payload is the platform's JSON as it was validated; the items are what it comes to.
package struct NewOperation: Sendable {
    package var type: String
    package var tenant: String
    /// JSON text.
    package var payload: String
    /// Names the operation for whoever asked. The same key with the same type and payload is the same operation.
    package var idempotencyKey: String
    /// Higher goes first. -32768…32767, 0 by default.
    package var priority: Int16
    package var notBefore: Date?
    /// Nil where they are to be made later: the operation is then only accepted. See `OperationStore.expand`.
    package var items: [NewItem]?
    /// Of W3C's Trace Context, where the caller sent one: what is told of the operation carries it on.
    package var traceparent: String?

    package init(
        type: String, tenant: String, payload: String, idempotencyKey: String, priority: Int16 = 0,
        notBefore: Date? = nil, items: [NewItem]?, traceparent: String? = nil
    ) {
        self.traceparent = traceparent
        self.type = type
        self.tenant = tenant
        self.payload = payload
        self.idempotencyKey = idempotencyKey
        self.priority = priority
        self.notBefore = notBefore
        self.items = items
    }
}

/// One item of an operation. Its ordinal is its place in the operation's list, from 0.
package struct NewItem: Hashable, Sendable {
    package var content: ItemContent
    /// Ordinals of items, smaller than its own, that must have been executed before.
    package var dependsOn: [Int]

    package init(_ content: ItemContent, dependsOn: [Int] = []) {
        self.content = content
        self.dependsOn = dependsOn
    }
}

package enum EnqueueResult: Hashable, Sendable {
    case created(OperationID)
    /// The key was used before, with the same type and payload: nothing was added.
    case existing(OperationID)

    package var id: OperationID {
        switch self {
        case .created(let id), .existing(let id): id
        }
    }
}
