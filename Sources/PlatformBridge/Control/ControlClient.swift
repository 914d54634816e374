import Daemon
package import Encoding
package import HTTP

/// The way to a control port, as the platform goes it.
package struct ControlClient: Sendable {
    package let base: String
    let token: String?
    let client: HTTPClient

    /// - Parameter base: scheme, host and port: `http://127.0.0.1:8480`.
    package init(base: String, token: String? = nil, client: HTTPClient = HTTPClient()) {
        self.base = base
        self.token = token
        self.client = client
    }

    /// The answer, whatever its status.
    package func send(
        _ method: String, _ path: String, body: [UInt8] = [], headers: [(String, String)] = []
    ) async throws -> HTTPResponse {
        var request = HTTPRequest(method: method, url: base + path, body: body)
        if !body.isEmpty { request.headers["Content-Type"] = "application/json" }
        if let token { request.headers["Authorization"] = "Bearer \(token)" }
        for (name, value) in headers { request.headers[name] = value }
        // Longer than any answer is held back for: see `finished`.
        return try await client.send(request, timeout: .seconds(90))
    }

    /// - Throws: `Refused` where the answer is no success.
    package func get(_ path: String) async throws -> JSON { try await call("GET", path) }

    /// The operation's id, once it is taken in.
    package func enqueue(_ type: String, _ payload: JSON, key: String) async throws -> String {
        let body: JSON = ["type": JSON(type), "payload": payload]
        let answer = try await call("POST", "/v1/operations", body: body.bytes, headers: [("Idempotency-Key", key)])
        guard let id = answer["id"]?.string else { throw Refused("\(type): there is no id in \(answer.text)") }
        return id
    }

    /// The operation's status at its end, whatever that is.
    /// - Throws: `Refused` where it is not finished within that time.
    package func finished(_ id: String, within limit: Duration? = nil) async throws -> JSON {
        let start = ContinuousClock.now
        while true {
            let status = try await get("/v1/operations/\(id)?wait=30")
            if status["state"]?.string == "finished" { return status }
            if let limit, ContinuousClock.now - start > limit {
                throw Refused("\(id) is not finished after \(DurationText.format(limit)): \(status.text)")
            }
        }
    }

    private func call(
        _ method: String, _ path: String, body: [UInt8] = [], headers: [(String, String)] = []
    ) async throws -> JSON {
        let response = try await send(method, path, body: body, headers: headers)
        let answer = try JSON(parsing: response.body)
        guard (200..<300).contains(response.status) else {
            throw Refused(
                "\(method) \(path): \(response.status) \(answer["title"]?.string ?? ""): \(answer["detail"]?.string ?? "")"
            )
        }
        return answer
    }

    /// What the control port did not do, in its own words.
    package struct Refused: Error, CustomStringConvertible {
        package var description: String
        init(_ description: String) { self.description = description }
    }
}
