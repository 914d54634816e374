import CGRPC

/// The bytes of one received message. They are lent, not copied: reading them in place costs nothing.
public final class GRPCMessage: @unchecked Sendable {
    // Safe to share: nothing changes after `init`.
    private let buffer: UnsafeMutablePointer<grpc_byte_buffer>?
    private let joined: UnsafeMutablePointer<grpc_slice>?
    private let start: UnsafePointer<UInt8>?
    public let count: Int

    init(adopting buffer: UnsafeMutablePointer<grpc_byte_buffer>) {
        let slices = buffer.pointee.data.raw.slice_buffer
        if slices.count == 1, buffer.pointee.data.raw.compression == GRPC_COMPRESS_NONE {
            self.buffer = buffer
            joined = nil
            start = weir_slice_start(slices.slices)
            count = weir_slice_length(slices.slices)
            return
        }
        var reader = grpc_byte_buffer_reader()
        let joined = UnsafeMutablePointer<grpc_slice>.allocate(capacity: 1)
        if grpc_byte_buffer_reader_init(&reader, buffer) != 0 {
            joined.initialize(to: grpc_byte_buffer_reader_readall(&reader))
            grpc_byte_buffer_reader_destroy(&reader)
        } else {
            joined.initialize(to: grpc_empty_slice())
        }
        grpc_byte_buffer_destroy(buffer)
        self.buffer = nil
        self.joined = joined
        start = weir_slice_start(joined)
        count = weir_slice_length(joined)
    }

    deinit {
        if let buffer { grpc_byte_buffer_destroy(buffer) }
        if let joined {
            grpc_slice_unref(joined.pointee)
            joined.deallocate()
        }
    }

    /// The bytes are valid inside `body` only.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}
