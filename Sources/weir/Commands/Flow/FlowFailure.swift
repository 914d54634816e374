import Daemon
import Encoding
import FlowClient

/// Why a command on a network did not do what it should. That a node could not be asked (exit code 69) is never told as if
/// the thing asked for were not there (exit code 1).
struct FlowFailure: ErrorWithExitCode {
    var what: String
    var reason: String?
    var remedy: String?
    var exitCode = ExitCode.failed

    init(_ what: String, remedy: String? = nil) {
        self.what = what
        self.remedy = remedy
    }

    init(_ error: AccessError) {
        let node = error.node.isEmpty ? "" : " \(error.node)"
        let words = PlainText.oneLine(error.message)
        switch error.code {
        case .unavailable, .deadlineExceeded, .cancelled:
            what = "the node\(node) could not be asked: \(words)"
            remedy = "see that it runs and can be reached from here, or name another one with --node"
            exitCode = .unavailable
        case .permissionDenied, .unauthenticated:
            what = "the node\(node) does not answer us: \(words)"
            remedy = error.remedy
            exitCode = .unavailable
        case .unimplemented:
            what = "the node\(node) does not offer this: \(words)"
            remedy = error.remedy
        default:
            what = "the node\(node) answered \(error.code): \(words)"
            reason = error.reason
            remedy = error.remedy
        }
    }

    var description: String {
        [what, reason.map { "  Why: \($0)" }, remedy.map { "  Do:  \($0)" }].compactMap { $0 }.joined(separator: "\n")
    }
}
