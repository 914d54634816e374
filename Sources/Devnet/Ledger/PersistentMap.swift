/// A map whose copies share what they have in common, so that the state after every block can be kept: copying costs
/// nothing, and changing a copy costs the path to what changed. A hash array mapped trie, 32 ways a level.
struct PersistentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var root = Node()
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    subscript(key: Key) -> Value? {
        get { root.value(of: key, hash: Self.hash(key), shift: 0) }
        set {
            if !isKnownUniquelyReferenced(&root) { root = root.copy() }
            if let newValue {
                if root.set(key, newValue, hash: Self.hash(key), shift: 0) { count += 1 }
            } else if root.remove(key, hash: Self.hash(key), shift: 0) {
                count -= 1
            }
        }
    }

    /// In no order that means anything, and in another one in the next process: sort before it is shown.
    var entries: [(key: Key, value: Value)] {
        var all: [(key: Key, value: Value)] = []
        all.reserveCapacity(count)
        root.visit { all.append(($0, $1)) }
        return all
    }

    private static func hash(_ key: Key) -> UInt { UInt(bitPattern: key.hashValue) }

    private enum Slot {
        case leaf(Key, Value)
        case branch(Node)
        /// Of keys whose hashes are the same down to the last bit that is looked at.
        case bucket([(Key, Value)])
        /// Only while its child is being changed.
        case vacant
    }

    /// Changed only by a map that holds the sole reference to it (`isKnownUniquelyReferenced`), read by any number: that
    /// is why it can be sent.
    private final class Node: @unchecked Sendable {
        var bitmap: UInt32 = 0
        var slots: [Slot] = []

        func copy() -> Node {
            let node = Node()
            node.bitmap = bitmap
            node.slots = slots
            return node
        }

        private static var lastShift: UInt { 60 }

        private func bit(_ hash: UInt, _ shift: UInt) -> UInt32 {
            1 << UInt32(truncatingIfNeeded: (hash >> shift) & 31)
        }
        private func index(_ bit: UInt32) -> Int { (bitmap & (bit - 1)).nonzeroBitCount }

        func value(of key: Key, hash: UInt, shift: UInt) -> Value? {
            let bit = bit(hash, shift)
            guard bitmap & bit != 0 else { return nil }
            switch slots[index(bit)] {
            case .leaf(let other, let value): return other == key ? value : nil
            case .branch(let node): return node.value(of: key, hash: hash, shift: shift + 5)
            case .bucket(let entries): return entries.first { $0.0 == key }?.1
            case .vacant: return nil
            }
        }

        /// Whether the key is new.
        func set(_ key: Key, _ value: Value, hash: UInt, shift: UInt) -> Bool {
            let bit = bit(hash, shift)
            let at = index(bit)
            guard bitmap & bit != 0 else {
                bitmap |= bit
                slots.insert(.leaf(key, value), at: at)
                return true
            }
            switch slots[at] {
            case .leaf(let other, let old):
                if other == key {
                    slots[at] = .leaf(key, value)
                    return false
                }
                if shift + 5 > Self.lastShift {
                    slots[at] = .bucket([(other, old), (key, value)])
                } else {
                    let node = Node()
                    _ = node.set(other, old, hash: PersistentMap.hash(other), shift: shift + 5)
                    _ = node.set(key, value, hash: hash, shift: shift + 5)
                    slots[at] = .branch(node)
                }
                return true
            case .branch(var node):
                slots[at] = .vacant
                if !isKnownUniquelyReferenced(&node) { node = node.copy() }
                let isNew = node.set(key, value, hash: hash, shift: shift + 5)
                slots[at] = .branch(node)
                return isNew
            case .bucket(var entries):
                if let found = entries.firstIndex(where: { $0.0 == key }) {
                    entries[found].1 = value
                    slots[at] = .bucket(entries)
                    return false
                }
                slots[at] = .bucket(entries + [(key, value)])
                return true
            case .vacant:
                preconditionFailure("a slot was left vacant")
            }
        }

        /// Whether the key was there. Branches that become empty stay: keys seldom go.
        func remove(_ key: Key, hash: UInt, shift: UInt) -> Bool {
            let bit = bit(hash, shift)
            guard bitmap & bit != 0 else { return false }
            let at = index(bit)
            switch slots[at] {
            case .leaf(let other, _):
                guard other == key else { return false }
                bitmap &= ~bit
                slots.remove(at: at)
                return true
            case .branch(var node):
                slots[at] = .vacant
                if !isKnownUniquelyReferenced(&node) { node = node.copy() }
                let found = node.remove(key, hash: hash, shift: shift + 5)
                slots[at] = .branch(node)
                return found
            case .bucket(var entries):
                guard let found = entries.firstIndex(where: { $0.0 == key }) else { return false }
                entries.remove(at: found)
                slots[at] = .bucket(entries)
                return true
            case .vacant:
                preconditionFailure("a slot was left vacant")
            }
        }

        func visit(_ body: (Key, Value) -> Void) {
            for slot in slots {
                switch slot {
                case .leaf(let key, let value): body(key, value)
                case .branch(let node): node.visit(body)
                case .bucket(let entries): for (key, value) in entries { body(key, value) }
                case .vacant: break
                }
            }
        }
    }
}
