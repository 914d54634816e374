import FlowClient
import Synchronization

/// The spork that was asked about last: a node is asked once for each, not once a block.
final class SporkMemory: Sendable {
    private let last = Mutex<HeightRange?>(nil)

    /// Whether a spork begins with this height; never true of height 0, which nodes say who do not know.
    func isRoot(_ height: BlockHeight, _ api: any AccessAPI) async throws -> Bool {
        if let known = last.withLock({ $0 }), known.contains(height) { return known.first == height && height > 0 }
        let spork = try await api.spork(holding: height)
        last.withLock { $0 = spork }
        return spork.first == height && height > 0
    }
}
