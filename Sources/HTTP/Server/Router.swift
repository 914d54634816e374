/// Which handler answers which method and path. Patterns are segments, some of them {parameters}; a literal segment wins
/// over a parameter, so `/tokens/mine` and `/tokens/{id}` can stand side by side.
///
/// HEAD is answered by the GET handler (the server leaves the body out), OPTIONS with the methods there are, any other
/// method with 405 and Allow, an unknown path with 404; both as problem documents.
public struct Router: Sendable {
    public typealias Handler = @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse

    private struct Node: Sendable {
        var literals: [String: Node] = [:]
        /// At most one name for a parameter at one place: the handlers below it must agree.
        var parameter: [String: Node] = [:]
        /// Takes all segments that are left, joined by slashes.
        var rest: (name: String, methods: [String: Handler])?
        var methods: [String: Handler] = [:]
    }

    private var root = Node()
    private var fallback: Handler?

    public init() {}

    /// - Parameter pattern: such as `/v1/tokens/{id}`; a last segment `{name...}` takes the rest of the path.
    public mutating func on(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
        precondition(pattern.hasPrefix("/"), "a pattern begins with a slash: \(pattern)")
        let segments = pattern.split(separator: "/").map(String.init)
        Self.insert(&root, segments[...], method, handler, pattern)
    }

    public mutating func get(_ pattern: String, _ handler: @escaping Handler) { on("GET", pattern, handler) }
    public mutating func post(_ pattern: String, _ handler: @escaping Handler) { on("POST", pattern, handler) }
    public mutating func put(_ pattern: String, _ handler: @escaping Handler) { on("PUT", pattern, handler) }
    public mutating func patch(_ pattern: String, _ handler: @escaping Handler) { on("PATCH", pattern, handler) }
    public mutating func delete(_ pattern: String, _ handler: @escaping Handler) { on("DELETE", pattern, handler) }

    /// What answers a path that no pattern fits, instead of 404.
    public mutating func otherwise(_ handler: @escaping Handler) { fallback = handler }

    private static func insert(
        _ node: inout Node, _ segments: ArraySlice<String>, _ method: String, _ handler: @escaping Handler,
        _ pattern: String
    ) {
        guard let segment = segments.first else {
            precondition(
                node.methods.updateValue(handler, forKey: method) == nil, "\(method) \(pattern) is there already")
            return
        }
        let rest = segments.dropFirst()
        if segment.hasPrefix("{"), segment.hasSuffix("...}") {
            precondition(rest.isEmpty, "{name...} comes last: \(pattern)")
            let name = String(segment.dropFirst().dropLast(4))
            node.rest = (name, (node.rest?.methods ?? [:]).merging([method: handler]) { $1 })
        } else if segment.hasPrefix("{"), segment.hasSuffix("}") {
            let name = String(segment.dropFirst().dropLast())
            precondition(
                node.parameter.isEmpty || node.parameter[name] != nil, "two names for one parameter: \(pattern)")
            insert(&node.parameter[name, default: Node()], rest, method, handler, pattern)
        } else {
            insert(&node.literals[segment, default: Node()], rest, method, handler, pattern)
        }
    }

    /// The handler's answer, or a problem document.
    public func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var found: (methods: [String: Handler], parameters: [String: String])?
        Self.find(root, request.segments[...], [:], &found)
        guard let found else {
            if let fallback { return try await fallback(request) }
            throw ProblemDocument(status: 404, detail: "there is nothing at \(request.path)")
        }
        var request = request
        request.parameters = found.parameters
        if let handler = found.methods[request.method] { return try await handler(request) }
        if request.method == "HEAD", let handler = found.methods["GET"] { return try await handler(request) }
        let allowed = Self.allowed(found.methods)
        if request.method == "OPTIONS" { return HTTPServerResponse(status: 204, headers: ["Allow": allowed]) }
        throw ProblemDocument(
            status: 405, detail: "\(request.path) takes \(allowed)", headers: ["Allow": allowed])
    }

    private static func allowed(_ methods: [String: Handler]) -> String {
        var names = Set(methods.keys)
        if names.contains("GET") { names.insert("HEAD") }
        return (names.sorted() + ["OPTIONS"]).joined(separator: ", ")
    }

    /// The first match that has a handler, literals before parameters before the rest.
    private static func find(
        _ node: Node, _ segments: ArraySlice<String>, _ parameters: [String: String],
        _ found: inout (methods: [String: Handler], parameters: [String: String])?
    ) {
        guard found == nil else { return }
        guard let segment = segments.first else {
            if !node.methods.isEmpty { found = (node.methods, parameters) }
            return
        }
        if let next = node.literals[segment] { find(next, segments.dropFirst(), parameters, &found) }
        for (name, next) in node.parameter {
            find(next, segments.dropFirst(), parameters.merging([name: segment]) { $1 }, &found)
        }
        if found == nil, let rest = node.rest {
            found = (rest.methods, parameters.merging([rest.name: segments.joined(separator: "/")]) { $1 })
        }
    }
}
