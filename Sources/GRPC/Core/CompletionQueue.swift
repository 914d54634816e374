import CGRPC
import Daemon
import FoundationEssentials
import Synchronization

/// One of the core's event queues and the thread that empties it. On that thread tags are completed, which resumes
/// continuations; and tasks that prefer the queue as their executor run there, between one event and the next: what
/// resumes them need not wake another thread. They may wait as long as they like, and must not compute for long.
///
/// Whoever may still get a tag back holds the queue: channels, servers, calls. When the last of them lets go, the queue
/// is shut down; its thread drains what is left, destroys it and ends. Nobody has to remember to close it.
final class CompletionQueue: TaskExecutor, @unchecked Sendable {
    // Safe to share: the pointers never change, and the core's functions on a queue may be called from any thread.
    let pointer: OpaquePointer
    private let jobs = JobInbox()
    private let bell: Bell

    init() {
        Core.start()
        pointer = grpc_completion_queue_create_for_next(nil)
        bell = Bell(pointer)
        // The thread knows the core's queue and not this object, which would otherwise never go.
        let address = Int(bitPattern: pointer)
        OwnThread.start("grpc-queue") { [jobs] in CompletionQueue.drain(OpaquePointer(bitPattern: address)!, jobs) }
    }

    deinit {
        bell.remove()
        grpc_completion_queue_shutdown(pointer)
    }

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

    func enqueue(_ job: consuming ExecutorJob) {
        if jobs.add(UnownedJob(job), for: asUnownedTaskExecutor()) { bell.ring() }
    }

    private static func drain(_ queue: OpaquePointer, _ jobs: JobInbox) {
        while true {
            runJobs(queue, jobs)
            let limit = jobs.sleepUnlessBusy() ? gpr_inf_future(GPR_CLOCK_REALTIME) : gpr_inf_past(GPR_CLOCK_REALTIME)
            let event = grpc_completion_queue_next(queue, limit, nil)
            jobs.wake()
            switch event.type {
            case GRPC_OP_COMPLETE where event.tag == Bell.tag: continue
            case GRPC_OP_COMPLETE: Tag.returned(event.tag).complete(event.success != 0)
            case GRPC_QUEUE_SHUTDOWN:
                grpc_completion_queue_destroy(queue)
                return
            default: continue  // GRPC_QUEUE_TIMEOUT: there are jobs
            }
        }
    }

    /// All there are, but for letting events in now and then. What a job begins and the core has done before it returns comes
    /// straight back, and not behind all that waits in the queue: one call gets as far as it can before the next one begins,
    /// so that its answer is on its way meanwhile.
    private static func runJobs(_ queue: OpaquePointer, _ jobs: JobInbox) {
        for _ in 0..<64 {
            grpc_completion_queue_thread_local_cache_init(queue)
            let ran = jobs.runOne()
            var tag: UnsafeMutableRawPointer?
            var succeeded: Int32 = 0
            if grpc_completion_queue_thread_local_cache_flush(queue, &tag, &succeeded) != 0, let tag, tag != Bell.tag {
                Tag.returned(tag).complete(succeeded != 0)
            }
            guard ran else { return }
        }
    }
}

/// Wakes the thread that waits at a queue. The core has no call for that; but a batch of no operations comes back at once
/// (grpc.h, `grpc_call_start_batch`), and a call on a channel that leads nowhere can have as many of them as one likes.
private struct Bell {
    /// No object lies at this address, so it is no `Tag`.
    static var tag: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 1)! }
    private let channel: OpaquePointer
    private let call: OpaquePointer

    init(_ queue: OpaquePointer) {
        channel = grpc_lame_client_channel_create("bell", GRPC_STATUS_UNAVAILABLE, "leads nowhere")
        let path = grpc_slice(copying: "/bell")
        defer { grpc_slice_unref(path) }
        call = grpc_channel_create_call(channel, nil, 0, queue, path, nil, gpr_inf_future(GPR_CLOCK_MONOTONIC), nil)
    }

    func ring() {
        let error = grpc_call_start_batch(call, nil, 0, Self.tag, nil)
        precondition(error == GRPC_CALL_OK, "an empty batch was refused")
    }

    func remove() {
        grpc_call_unref(call)
        grpc_channel_destroy(channel)
    }
}
