import CGRPC
import Foundation
import Synchronization

/// One of the core's event queues and the thread that empties it. On that thread tags are completed, which resumes
/// continuations, and nothing else happens.
///
/// Whoever may still get a tag back holds the queue: channels, servers, calls. When the last of them lets go, the queue
/// is shut down; its thread drains what is left, destroys it and ends. Nobody has to remember to close it.
final class CompletionQueue: @unchecked Sendable {
    // Safe to share: the pointer never changes, and the core's functions on a queue may be called from any thread.
    let pointer: OpaquePointer

    init() {
        Core.start()
        pointer = grpc_completion_queue_create_for_next(nil)
        // The thread knows the core's queue and not this object, which would otherwise never go.
        let address = Int(bitPattern: pointer)
        let thread = Thread { CompletionQueue.drain(OpaquePointer(bitPattern: address)!) }
        thread.name = "grpc-queue"
        thread.start()
    }

    deinit { grpc_completion_queue_shutdown(pointer) }

    /// The queue of all channels of this process that did not ask for one of their own: made for the first of them,
    /// gone with the last.
    static func shared() -> CompletionQueue {
        current.withLock { box in
            if let queue = box.queue { return queue }
            let queue = CompletionQueue()
            box.queue = queue
            return queue
        }
    }

    private struct WeakBox: Sendable { weak var queue: CompletionQueue? }
    private static let current = Mutex(WeakBox())

    private static func drain(_ queue: OpaquePointer) {
        while true {
            let event = grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_REALTIME), nil)
            switch event.type {
            case GRPC_OP_COMPLETE:
                Tag.returned(event.tag).complete(event.success != 0)
            case GRPC_QUEUE_SHUTDOWN:
                grpc_completion_queue_destroy(queue)
                return
            default:  // GRPC_QUEUE_TIMEOUT, which an infinite deadline cannot bring
                continue
            }
        }
    }
}

/// The library as a whole: started once, before anything else of it is used, and never stopped, because its own threads
/// may outlive whatever we would wait for.
enum Core {
    static func start() { _ = started }
    private static let started: Void = {
        // The core's own lines on standard error repeat what statuses say; whoever debugs it asks for them.
        if ProcessInfo.processInfo.environment["GRPC_VERBOSITY"] == nil { gpr_set_log_function { _ in } }
        grpc_init()
    }()
}
