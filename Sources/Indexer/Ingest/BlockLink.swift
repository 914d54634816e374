package import FlowClient

/// A block as the chain of blocks sees it: its height, its id, and the block that it stands on.
package struct BlockLink: Hashable, Sendable {
    package var height: BlockHeight
    package var id: BlockID
    package var parentID: BlockID

    package init(height: BlockHeight, id: BlockID, parentID: BlockID) {
        self.height = height
        self.id = id
        self.parentID = parentID
    }
}

/// A block's height and id, where the parent doesn't matter.
package struct BlockMark: Hashable, Sendable {
    package var height: BlockHeight
    package var id: BlockID

    package init(height: BlockHeight, id: BlockID) {
        self.height = height
        self.id = id
    }
}
