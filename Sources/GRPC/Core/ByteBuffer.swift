import CGRPC

/// Owns what the core received: a message in one slice or in several.
final class ByteBuffer: @unchecked Sendable {
    // Safe to share: nobody changes a received buffer.
    let pointer: UnsafeMutablePointer<grpc_byte_buffer>

    init(adopting pointer: UnsafeMutablePointer<grpc_byte_buffer>) { self.pointer = pointer }

    deinit { grpc_byte_buffer_destroy(pointer) }
}

extension UnsafeMutablePointer<grpc_byte_buffer> {
    var slices: GRPCSlices { GRPCSlices(weir_slices(self)) }

    /// The same message in one slice, for its caller to destroy. It is a copy.
    func joined() -> Self {
        var reader = grpc_byte_buffer_reader()
        guard grpc_byte_buffer_reader_init(&reader, self) != 0 else { return grpc_raw_byte_buffer_create(nil, 0) }
        defer { grpc_byte_buffer_reader_destroy(&reader) }
        var slice = grpc_byte_buffer_reader_readall(&reader)
        defer { grpc_slice_unref(slice) }
        return grpc_raw_byte_buffer_create(&slice, 1)
    }
}
