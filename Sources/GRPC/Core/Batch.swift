import CGRPC

/// Operations on a call that begin together and come back as one tag. Fill it, `start` it once, `wait`, then read.
final class Batch: Tag, @unchecked Sendable {
    // Filled by one task, started, written by the core until the tag comes back, then read: never two at a time.
    let call: CallHandle
    private var operations: [grpc_op] = []
    private var outgoing: [MetadataArray] = []
    private var sent: UnsafeMutablePointer<grpc_byte_buffer>?
    private var details: grpc_slice?
    private let incoming: UnsafeMutablePointer<Incoming>
    /// Called on the queue's thread where `wasCancelled` came back. Set before `start`, if at all.
    var whenCancelled: (@Sendable () -> Void)?

    /// What the core writes into. On the heap, so that its address holds.
    private struct Incoming {
        var initialMetadata = grpc_metadata_array()
        var trailingMetadata = grpc_metadata_array()
        var message: UnsafeMutablePointer<grpc_byte_buffer>?
        var status = GRPC_STATUS_UNKNOWN
        var details = grpc_empty_slice()
        var cancelled: Int32 = 0
    }

    init(_ call: CallHandle) {
        self.call = call
        incoming = .allocate(capacity: 1)
        incoming.initialize(to: Incoming())
        operations.reserveCapacity(6)
    }

    deinit {
        grpc_metadata_array_destroy(&incoming.pointee.initialMetadata)
        grpc_metadata_array_destroy(&incoming.pointee.trailingMetadata)
        if let message = incoming.pointee.message { grpc_byte_buffer_destroy(message) }
        grpc_slice_unref(incoming.pointee.details)
        incoming.deallocate()
        if let sent { grpc_byte_buffer_destroy(sent) }
        if let details { grpc_slice_unref(details) }
    }

    func sendInitialMetadata(_ metadata: GRPCMetadata = [:], waitForReady: Bool = false) {
        let array = keep(metadata)
        add(GRPC_OP_SEND_INITIAL_METADATA) {
            $0.data.send_initial_metadata.count = array?.count ?? 0
            $0.data.send_initial_metadata.metadata = array?.pointer
            if waitForReady {
                $0.flags = UInt32(
                    GRPC_INITIAL_METADATA_WAIT_FOR_READY | GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET)
            }
        }
    }

    func sendMessage(_ bytes: [UInt8]) {
        var slice = grpc_slice(copying: bytes)
        let buffer = grpc_raw_byte_buffer_create(&slice, 1)
        grpc_slice_unref(slice)
        sent = buffer
        add(GRPC_OP_SEND_MESSAGE) { $0.data.send_message.send_message = buffer }
    }

    func sendClose() { add(GRPC_OP_SEND_CLOSE_FROM_CLIENT) { _ in } }

    func sendStatus(_ code: GRPCStatusCode, _ message: String, _ trailing: GRPCMetadata) {
        let array = keep(trailing)
        details = grpc_slice(copying: message)
        add(GRPC_OP_SEND_STATUS_FROM_SERVER) {
            $0.data.send_status_from_server.trailing_metadata_count = array?.count ?? 0
            $0.data.send_status_from_server.trailing_metadata = array?.pointer
            $0.data.send_status_from_server.status = code.core
        }
    }

    func receiveInitialMetadata() {
        add(GRPC_OP_RECV_INITIAL_METADATA) { [incoming] in
            $0.data.recv_initial_metadata.recv_initial_metadata = incoming.pointer(to: \.initialMetadata)
        }
    }

    func receiveMessage() {
        add(GRPC_OP_RECV_MESSAGE) { [incoming] in
            $0.data.recv_message.recv_message = incoming.pointer(to: \.message)
        }
    }

    func receiveStatus() {
        add(GRPC_OP_RECV_STATUS_ON_CLIENT) { [incoming] in
            $0.data.recv_status_on_client.trailing_metadata = incoming.pointer(to: \.trailingMetadata)
            $0.data.recv_status_on_client.status = incoming.pointer(to: \.status)
            $0.data.recv_status_on_client.status_details = incoming.pointer(to: \.details)
        }
    }

    func receiveClose() {
        add(GRPC_OP_RECV_CLOSE_ON_SERVER) { [incoming] in
            $0.data.recv_close_on_server.cancelled = incoming.pointer(to: \.cancelled)
        }
    }

    override func complete(_ succeeded: Bool) {
        let told = wasCancelled ? whenCancelled : nil
        super.complete(succeeded)
        told?()
    }

    /// After this the batch belongs to the core until `wait` returns. Throws where the core finds an operation malformed,
    /// such as metadata whose key no header may have; the tag then counts as come back.
    func start() throws(GRPCError) {
        let error = withExtendedLifetime(self) {
            withDetails {
                operations.withUnsafeBufferPointer {
                    grpc_call_start_batch(call.pointer, $0.baseAddress, $0.count, retained(), nil)
                }
            }
        }
        guard error != GRPC_CALL_OK else { return }
        refused()
        throw GRPCError(.internal, "a call was refused: " + String(cString: grpc_call_error_to_string(error)))
    }

    /// The status details are read while the batch starts, and not later (grpc_types.h).
    private func withDetails<R>(_ body: () -> R) -> R {
        guard var details, let last = operations.lastIndex(where: { $0.op == GRPC_OP_SEND_STATUS_FROM_SERVER }) else {
            return body()
        }
        return withUnsafeMutablePointer(to: &details) {
            operations[last].data.send_status_from_server.status_details = $0
            return body()
        }
    }

    /// In the core's form, for as long as the batch lasts; nil where there is none.
    private func keep(_ metadata: GRPCMetadata) -> MetadataArray? {
        guard !metadata.isEmpty else { return nil }
        let array = MetadataArray(metadata)
        outgoing.append(array)
        return array
    }

    private func add(_ kind: grpc_op_type, _ fill: (inout grpc_op) -> Void) {
        var operation = grpc_op()
        operation.op = kind
        fill(&operation)
        operations.append(operation)
    }

    var initialMetadata: GRPCMetadata { GRPCMetadata(copying: incoming.pointee.initialMetadata) }
    var trailingMetadata: GRPCMetadata { GRPCMetadata(copying: incoming.pointee.trailingMetadata) }
    var statusCode: GRPCStatusCode { GRPCStatusCode(rawValue: Int32(incoming.pointee.status.rawValue)) ?? .unknown }
    var statusMessage: String { incoming.pointee.details.text }
    /// The client went away, or the deadline passed, before the status was sent.
    var wasCancelled: Bool { incoming.pointee.cancelled != 0 }

    /// The message, once; nil where the other side sent no (more) message.
    func takeMessage() -> GRPCMessage? {
        guard let buffer = incoming.pointee.message else { return nil }
        incoming.pointee.message = nil
        return GRPCMessage(adopting: buffer)
    }
}
