import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#endif

/// The steps of one submission, for tests that kill the process at each of them. In the daemon the environment variable
/// WEIR_CRASH_AT names one (its raw value): the process then ends itself there by SIGKILL, as a power cut would.
package enum CrashPoint: String, CaseIterable, Sendable {
    case afterLease = "after_lease"
    case afterSignBeforeCommit = "after_sign_before_commit"
    case afterCommitBeforeSend = "after_commit_before_send"
    case afterSendBeforeReply = "after_send_before_reply"
    case afterExecutedBeforeSealed = "after_executed_before_sealed"
    case afterSealedBeforeFinished = "after_sealed_before_finished"

    /// What happens when a step is reached. Throwing `SimulatedCrash` is a crash within the process: nothing is cleaned up.
    package typealias Hook = @Sendable (CrashPoint) throws -> Void

    package static func fromEnvironment(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Hook {
        guard let point = environment["WEIR_CRASH_AT"].flatMap(CrashPoint.init) else { return { _ in } }
        return { reached in
            if reached == point { kill(getpid(), SIGKILL) }
        }
    }
}

/// Stands for the end of the process in tests: no code that tidies up after errors may run for it.
package struct SimulatedCrash: Error {
    package var at: CrashPoint
    package init(at: CrashPoint) { self.at = at }
}
