import CGRPC

/// Owns one call of the core, and holds what the call needs: its queue and the channel or server it belongs to.
final class CallHandle: @unchecked Sendable {
    // Safe to share: the pointer never changes, and batches and cancellation may come from any thread (grpc.h).
    let pointer: OpaquePointer
    let queue: CompletionQueue
    private let owner: AnyObject

    init(adopting pointer: OpaquePointer, queue: CompletionQueue, owner: AnyObject) {
        self.pointer = pointer
        self.queue = queue
        self.owner = owner
    }

    deinit { grpc_call_unref(pointer) }

    /// Nothing happens to a call that has ended.
    func cancel() { grpc_call_cancel(pointer, nil) }

    func cancel(_ code: GRPCStatusCode, _ details: String) {
        grpc_call_cancel_with_status(pointer, code.core, details, nil)
    }

    /// Address and port of the other side, as the core writes it: `ipv4:127.0.0.1:5000`.
    var peer: String {
        guard let text = grpc_call_get_peer(pointer) else { return "" }
        defer { gpr_free(text) }
        return String(cString: text)
    }
}

extension GRPCStatusCode {
    var core: grpc_status_code { grpc_status_code(Int32(rawValue)) }
}
