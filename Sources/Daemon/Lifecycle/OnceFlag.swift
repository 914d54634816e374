import Synchronization

/// Set once, and read by whoever comes after.
package final class OnceFlag: Sendable {
    private let flag = Atomic(false)
    package init() {}
    package var isSet: Bool { flag.load(ordering: .acquiring) }
    package func set() { flag.store(true, ordering: .releasing) }
}
