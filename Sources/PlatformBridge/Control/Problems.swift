import Daemon
import Encoding
import HTTP
import Indexer
import Submitter

/// What callers hear when something is wrong. `type` names the kind, members name the field and the rule.
enum Problems {
    // Names, not addresses: nothing is served there.
    static let base = "urn:weir:problem:"

    static func invalid(_ violations: [Violation]) -> ProblemDocument {
        ProblemDocument(
            status: 422, type: base + "invalid", title: "The request breaks a rule",
            detail: violations.first.map { "\($0.field) \($0.rule)" },
            members: [
                .init(
                    "violations",
                    .array(violations.map(\.json)))
            ])
    }

    static func unreadable(_ detail: String) -> ProblemDocument {
        ProblemDocument(status: 400, type: base + "unreadable", title: "The body is not JSON", detail: detail)
    }

    static func notFound(_ what: String) -> ProblemDocument {
        ProblemDocument(status: 404, type: base + "not-found", title: "Not found", detail: what)
    }

    static func badParameter(_ name: String, _ rule: String) -> ProblemDocument {
        invalid([Violation(name, rule)])
    }

    static let unauthorized = ProblemDocument(
        status: 401, type: base + "unauthorized", title: "A token is needed",
        detail: "send Authorization: Bearer TOKEN, with one that weir tokens create has made, or control.token",
        headers: ["WWW-Authenticate": "Bearer realm=\"weir\""])

    static func forbidden(_ scope: Scope) -> ProblemDocument {
        ProblemDocument(
            status: 403, type: base + "forbidden", title: "The token may not do this",
            detail: "it has not the scope \(scope.rawValue)")
    }

    static func tooMany(retryAfter wait: Duration) -> ProblemDocument {
        let seconds = max(1, Int(wait.seconds.rounded(.up)))
        return ProblemDocument(
            status: 429, type: base + "too-many-requests", title: "Too many requests",
            detail: "this token may come again in \(seconds) s", headers: ["Retry-After": String(seconds)])
    }

    static func conflict(_ detail: String) -> ProblemDocument {
        ProblemDocument(status: 409, type: base + "wrong-state", title: "Not in this state", detail: detail)
    }

    static let changedMeanwhile = ProblemDocument(
        status: 412, type: base + "changed-meanwhile", title: "Changed meanwhile",
        detail: "it is not as If-Match or If-None-Match has it: read it again")

    static func unavailable(_ detail: String) -> ProblemDocument {
        ProblemDocument(
            status: 503, type: base + "unavailable", title: "Could not look", detail: detail,
            headers: ["Retry-After": "1"])
    }

    static func of(_ error: SubmitterError) -> ProblemDocument {
        var problem =
            switch error.code {
            case .idempotencyConflict:
                ProblemDocument(
                    status: 422, type: base + "idempotency-conflict", title: "The idempotency key was used before",
                    detail: error.message)
            case .unknownOperation: notFound(error.message)
            case .wrongState: conflict(error.message)
            case .invalidOperation:
                ProblemDocument(
                    status: 422, type: base + "invalid", title: "The request breaks a rule", detail: error.message)
            default:
                ProblemDocument(status: 500, type: base + "internal", title: "Internal error", detail: nil)
            }
        if let operation = error.operation { problem = problem.with("operation", JSON(operation.rawValue)) }
        return problem
    }
}

extension Problems {
    static func of(_ error: IndexerError) -> ProblemDocument {
        switch error.code {
        case .notIndexedYet:
            ProblemDocument(
                status: 409, type: base + "not-indexed-yet", title: "Not indexed yet", detail: error.description,
                headers: ["Retry-After": "1"])
        case .beforeHistory:
            ProblemDocument(
                status: 422, type: base + "before-history", title: "Before the first indexed block",
                detail: error.description)
        case .notCovered:
            ProblemDocument(
                status: 409, type: base + "not-covered", title: "Not indexed at that height", detail: error.message)
        case .badRequest: invalid([Violation("cursor", error.message)])
        default: unavailable(error.description)
        }
    }
}
