/// How long a call may take, for all calls made in a scope: `CallDeadline.$current.withValue(.seconds(2)) { … }`. Nil
/// leaves the client's default. Streams have none of their own: they end when they are dropped.
public enum CallDeadline {
    @TaskLocal public static var current: Duration?
}
