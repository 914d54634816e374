import Daemon
import Foundation
import HTTP
import Synchronization

/// The story's way to the control port: the same requests that the platform makes.
struct ControlClient: Sendable {
    let base: String
    let client: HTTPClient

    /// A finished operation, and how long it took from the call to the end.
    struct Finished: Sendable {
        var id: String
        var status: JSON
        var items: [JSON]
        var took: Duration

        var transactions: [String] {
            var seen: [String] = []
            for id in items.compactMap({ $0["transaction_id"]?.string }) where !seen.contains(id) { seen.append(id) }
            return seen
        }

        var height: UInt64? { items.compactMap { $0["height"]?.integer(UInt64.self) }.max() }
        var tokens: [UInt64] { items.compactMap { $0["token_id"]?.integer(UInt64.self) } }
    }

    func get(_ path: String) async throws -> JSON { try await call("GET", path) }

    /// Enqueues, and waits for the end. Throws where it ends with anything but what was expected of it.
    func carryOut(
        _ type: String, _ payload: JSON, key: String, expecting outcome: String = "done", limit: Duration = .seconds(60)
    ) async throws -> Finished {
        let start = ContinuousClock.now
        let body: JSON = ["type": JSON(type), "payload": payload]
        let accepted = try await call("POST", "/v1/operations", body: body, headers: [("Idempotency-Key", key)])
        guard let id = accepted["id"]?.string else { throw StoryError("\(type): no id in \(accepted.text)") }
        var status = accepted
        while status["state"]?.string != "finished" {
            guard ContinuousClock.now - start < limit else {
                throw StoryError("\(type) \(id) is not finished after \(DurationText.format(limit)): \(status.text)")
            }
            status = try await call("GET", "/v1/operations/\(id)?wait=30")
        }
        let took = ContinuousClock.now - start
        guard status["outcome"]?.string == outcome else {
            throw StoryError(
                "\(type) \(id) ended as \(status["outcome"]?.string ?? "?"): \(status["reason"]?.string ?? "")")
        }
        let items = try await call("GET", "/v1/operations/\(id)/items?limit=10000")["items"]?.array ?? []
        return Finished(id: id, status: status, items: items, took: took)
    }

    private func call(_ method: String, _ path: String, body: JSON? = nil, headers: [(String, String)] = [])
        async throws -> JSON
    {
        var request = HTTPRequest(method: method, url: base + path)
        for (name, value) in headers { request.headers[name] = value }
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = body.bytes
        }
        let response = try await client.send(request, timeout: .seconds(90))
        let answer = try JSON(parsing: response.body)
        guard (200..<300).contains(response.status) else {
            throw StoryError(
                "\(method) \(path): \(response.status) \(answer["title"]?.string ?? ""): \(answer["detail"]?.string ?? "")"
            )
        }
        return answer
    }
}
