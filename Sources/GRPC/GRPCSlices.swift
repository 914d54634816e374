import CGRPC

/// The runs of bytes in which a message was delivered, in their order. Valid only while they are lent.
public struct GRPCSlices: RandomAccessCollection {
    private let start: UnsafePointer<grpc_slice>?
    public let endIndex: Int
    /// Of all runs together.
    let byteCount: Int

    init(_ buffer: UnsafePointer<grpc_slice_buffer>) {
        start = UnsafePointer(buffer.pointee.slices)
        endIndex = buffer.pointee.count
        byteCount = buffer.pointee.length
    }

    public var startIndex: Int { 0 }

    public subscript(position: Int) -> UnsafeRawBufferPointer {
        precondition(indices.contains(position), "there is no slice \(position)")
        let slice = start.unsafelyUnwrapped + position
        return UnsafeRawBufferPointer(start: weir_slice_start(slice), count: weir_slice_length(slice))
    }
}
