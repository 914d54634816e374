import CGRPC
import Synchronization

/// The bytes of one received message. They are lent, not copied: reading them in place costs nothing. A large message is
/// delivered in several slices; who wants it in one run has it joined, once, when first asked for.
public final class GRPCMessage: @unchecked Sendable {
    // Safe to share: nothing changes after `init` but what has a lock.
    private let contents: Contents
    public let count: Int

    private enum Contents {
        /// One slice or none, as nearly all messages are: owned without a further object, lent without a lock.
        case one(UnsafeMutablePointer<grpc_byte_buffer>, start: UnsafeRawPointer?)
        case several(Joinable)
    }

    init(adopting received: UnsafeMutablePointer<grpc_byte_buffer>) {
        var buffer = received
        if received.pointee.data.raw.compression != GRPC_COMPRESS_NONE {
            buffer = received.joined()
            grpc_byte_buffer_destroy(received)
        }
        let slices = buffer.slices
        count = slices.byteCount
        contents = slices.count > 1 ? .several(Joinable(buffer)) : .one(buffer, start: slices.first?.baseAddress)
    }

    /// A message as if it had been delivered in these runs; small neighbours are one slice.
    package convenience init(copying runs: [[UInt8]]) {
        Core.start()
        var slices = runs.map { grpc_slice(copying: $0) }
        self.init(adopting: grpc_raw_byte_buffer_create(&slices, slices.count))
        for slice in slices { grpc_slice_unref(slice) }
    }

    deinit { if case .one(let buffer, _) = contents { grpc_byte_buffer_destroy(buffer) } }

    /// Lends the bytes in one run. They are valid inside `body` only.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        switch contents {
        case .one(_, let start): return try body(UnsafeRawBufferPointer(start: start, count: count))
        case .several(let slices):
            let whole = slices.joined()
            defer { withExtendedLifetime(whole) {} }
            return try body(whole.pointer.slices[0])
        }
    }

    /// Lends the bytes in the runs in which they were delivered, or in one where they have been joined. They are valid
    /// inside `body` only.
    public func withUnsafeSlices<R, E: Error>(_ body: (GRPCSlices) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        switch contents {
        case .one(let buffer, _): return try body(buffer.slices)
        case .several(let slices):
            let held = slices.held
            defer { withExtendedLifetime(held) {} }
            return try body(held.pointer.slices)
        }
    }

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

/// Slices until somebody wants them joined; from then on the one that they make, so that both are kept only as long as
/// the slices are lent.
private final class Joinable: Sendable {
    private let buffer: Mutex<ByteBuffer>

    init(_ received: UnsafeMutablePointer<grpc_byte_buffer>) { buffer = Mutex(ByteBuffer(adopting: received)) }

    /// As they are now.
    var held: ByteBuffer { buffer.withLock { $0 } }

    func joined() -> ByteBuffer {
        buffer.withLock { buffer in
            // Otherwise the optimizer lets go of what is replaced before it has been read.
            let received = buffer
            defer { withExtendedLifetime(received) {} }
            if received.pointer.slices.count > 1 { buffer = ByteBuffer(adopting: received.pointer.joined()) }
            return buffer
        }
    }
}
