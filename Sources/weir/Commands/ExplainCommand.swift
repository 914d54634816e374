import Daemon
import FlowClient

extension Weir {
    static let explainCommand = Command(
        "explain", summary: "what an error code or text means, and what to do about it",
        discussion:
            "Takes a code of the Flow virtual machine (1110), a status of gRPC (UNAVAILABLE), or a whole error text.",
        arguments: [.rest("CODE", "a code, or the text of an error", atLeastOne: true)],
        examples: [.init("weir explain 1110", "computation limit exceeded")]
    ) { context in
        let text = context.rest("CODE").joined(separator: " ")
        guard let page = ErrorCatalogue.explain(text) else {
            throw UsageError("\(text) is in no catalogue of error codes")
        }
        context.print(page)
    }
}
