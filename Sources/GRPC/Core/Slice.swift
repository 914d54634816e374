import CGRPC

// A slice is the core's immutable, reference-counted run of bytes.
extension grpc_slice {
    init(copying bytes: [UInt8]) {
        self = bytes.withUnsafeBytes {
            grpc_slice_from_copied_buffer($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
    }

    init(copying text: String) { self = grpc_slice_from_copied_string(text) }

    var bytes: [UInt8] {
        withUnsafePointer(to: self) { slice in
            Array(UnsafeBufferPointer(start: weir_slice_start(slice), count: weir_slice_length(slice)))
        }
    }

    var text: String {
        withUnsafePointer(to: self) { slice in
            String(
                decoding: UnsafeBufferPointer(start: weir_slice_start(slice), count: weir_slice_length(slice)),
                as: UTF8.self)
        }
    }
}
