import Encoding
public import HTTP

/// How key management services are reached: one request, one whole answer, an error where there is none.
public typealias KMSTransport = @Sendable (HTTPRequest, Duration) async throws -> HTTPResponse

enum KMS {
    static let timeout = Duration.seconds(5)
    static let attempts = 3

    /// Sends, and sends again where the service says that it may help; waits a little longer each time. Errors of the
    /// transport become `unavailable`: they say nothing of the key.
    /// - Parameter isRepeatable: whether doing it twice is doing it once. What is not is sent once: an answer that was lost may
    ///   have been a success.
    static func send(
        _ name: String, transport: KMSTransport, isRepeatable: Bool = true, _ make: () async throws -> HTTPRequest,
        isBusy: (HTTPResponse) -> Bool
    ) async throws -> HTTPResponse {
        var attempt = 1
        while true {
            let request = try await make()
            let problem: SignerError
            do {
                let response = try await transport(request, timeout)
                guard isBusy(response) else { return response }
                problem = SignerError(.unavailable, "\(name) is busy or out of order (HTTP status \(response.status))")
            } catch let error as HTTPError {
                problem = SignerError(.unavailable, "\(name) can't be reached: \(error)")
            }
            guard isRepeatable else {
                throw SignerError(
                    .unavailable, "\(problem.message); whether it was done is not known: look before trying again")
            }
            guard attempt < attempts else { throw problem }
            try await Task.sleep(for: .milliseconds(100 << attempt))
            attempt += 1
        }
    }

    static func json(_ response: HTTPResponse, from name: String) throws -> JSON {
        guard let json = try? JSON(parsing: response.body), json.object != nil else {
            throw SignerError(
                .badAnswer, "\(name) answered with something that is no JSON object (HTTP status \(response.status))")
        }
        return json
    }
}
