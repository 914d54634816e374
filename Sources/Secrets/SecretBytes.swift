import CCrypto
import Synchronization

/// Memory for a secret, of which there is one owner at any time: it can't be copied, and is wiped when its owner goes.
struct SecretMemoryBlock: ~Copyable, @unchecked Sendable {
    // Sendable because it is one owner's, who writes it before it is shared, if ever.
    let base: UnsafeMutableRawPointer
    let count: Int
    let isSecure: Bool

    /// Zeros.
    init(count: Int) {
        self.count = count
        let capacity = max(count, 1)
        if let secure = SecretMemory.allocate(capacity) {
            base = secure
            isSecure = true
        } else {
            // The secure heap is full: still wiped, no longer locked.
            base = .allocate(byteCount: capacity, alignment: 16)
            isSecure = false
        }
        base.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
    }

    deinit {
        if isSecure {
            SecretMemory.free(base, max(count, 1))
        } else {
            OPENSSL_cleanse(base, count)
            base.deallocate()
        }
    }
}

/// Bytes that nobody may see. They lie in locked memory where the system allows it, never move, and are wiped when the
/// last owner lets go: what is shared is the one block, never its contents. There is no description: interpolating one
/// says `<secret>`.
public final class SecretBytes: Sendable, CustomStringConvertible, CustomReflectable {
    // Written in init only, and read afterwards: no two threads ever conflict.
    private let block: SecretMemoryBlock
    public var count: Int { block.count }
    package var unsafeMemory: UnsafeMutableRawPointer { block.base }

    /// `fill` writes the bytes; what it leaves alone is zero.
    public init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        block = SecretMemoryBlock(count: count)
        try fill(UnsafeMutableRawBufferPointer(start: block.base, count: count))
    }

    /// Takes the bytes over: the array that they came in is wiped.
    public convenience init(wiping bytes: inout [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
        bytes = []
    }

    /// For bytes that others hold as well, such as a test's.
    public convenience init(copying bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    package static func random(count: Int) -> SecretBytes {
        SecretBytes(count: count) {
            let done = RAND_priv_bytes($0.baseAddress!.assumingMemoryBound(to: UInt8.self), Int32(count))
            precondition(done == 1, "the system has no randomness")
        }
    }

    /// Whether the bytes lie in locked memory.
    public var isLocked: Bool { block.isSecure && SecretMemory.protection == .full }

    /// Lends the bytes; they must not be copied to where they would stay.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: unsafeMemory, count: count)) }
    }

    package func withPointer<R, E: Error>(_ body: (UnsafePointer<UInt8>) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafePointer(unsafeMemory.assumingMemoryBound(to: UInt8.self)))
    }

    /// Compares in a time that tells nothing but the length.
    public func isEqual(to other: SecretBytes) -> Bool {
        count == other.count && CRYPTO_memcmp(unsafeMemory, other.unsafeMemory, count) == 0
    }

    public var description: String { "<secret>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
