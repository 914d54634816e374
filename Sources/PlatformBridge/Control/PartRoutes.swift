import Encoding
import HTTP
import Submitter

/// Parts of the daemon that a person lets rest and go on.
extension ControlPort {
    func addPartRoutes(to router: inout Router) {
        router.get("/v1/parts") { [self] _ in .json(try await parts()) }
        router.post("/v1/parts/{part}/pause") { [self] request in
            let part = try part(request)
            var reader = PayloadReader(request.body.isEmpty ? .object([]) : try Self.body(of: request), path: "")
            let reason = reader.optionalText("reason") ?? "paused by a person"
            reader.finish()
            guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
            try await pausedParts.pause(part, because: reason, by: actor(of: request))
            try await audit(request, "part.paused", part.rawValue, after: ["reason": JSON(reason)])
            return .json(try await parts())
        }
        router.post("/v1/parts/{part}/resume") { [self] request in
            let part = try part(request)
            guard try await pausedParts.resume(part) else { throw Problems.conflict("\(part.rawValue) is not paused") }
            try await audit(request, "part.resumed", part.rawValue)
            return .json(try await parts())
        }
    }

    /// It concerns every tenant: whose token is of another one than the owner's may not.
    private func part(_ request: HTTPServerRequest) throws -> Part {
        guard try tenant(of: request) == Caller.owner.tenant else {
            throw ProblemDocument(
                status: 403, type: Problems.base + "forbidden", title: "The token may not do this",
                detail: "parts are every tenant's: a token of tenant \(Caller.owner.tenant) pauses and resumes them")
        }
        let name = request.parameters["part"] ?? ""
        guard let part = Part(rawValue: name) else {
            throw Problems.notFound(
                "there is no part \(name) (parts: \(Part.allCases.map(\.rawValue).joined(separator: ", ")))")
        }
        return part
    }

    private func parts() async throws -> JSON {
        let paused = Dictionary(try await pausedParts.all().map { ($0.part, $0) }) { $1 }
        return [
            "parts": .array(
                Part.allCases.map { part in
                    let pause = paused[part.rawValue]
                    return [
                        "part": JSON(part.rawValue), "paused": .bool(pause != nil), "reason": JSON(pause?.reason),
                        "by": JSON(pause?.by), "since": JSON((pause?.since).map(RFC3339.format)),
                    ]
                })
        ]
    }
}
