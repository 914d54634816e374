import Synchronization

/// The heights of the latest blocks that were asked about: what is asked by a block's id alone, and what results say of
/// their block by its id alone, has a height then.
final class BlockHeightCache: Sendable {
    private static let capacity = 512
    private let state = Mutex<(heights: [BlockID: BlockHeight], order: [BlockID])>(([:], []))

    subscript(_ id: BlockID) -> BlockHeight? {
        get { state.withLock { $0.heights[id] } }
        set {
            state.withLock { state in
                guard let newValue, state.heights.updateValue(newValue, forKey: id) == nil else { return }
                state.order.append(id)
                if state.order.count > Self.capacity { state.heights[state.order.removeFirst()] = nil }
            }
        }
    }
}
