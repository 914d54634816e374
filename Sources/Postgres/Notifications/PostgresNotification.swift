/// What a listener hears.
public enum PostgresNotification: Sendable, Hashable {
    /// Listening has begun, or begun again after the connection was lost: what was notified before may have been missed.
    /// A listener looks at its table now, and then at each notification.
    case mayHaveMissed
    case notified(channel: String, payload: String)

    public var payload: String? {
        if case .notified(_, let payload) = self { payload } else { nil }
    }
}
