import CGRPC
import FoundationEssentials

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
