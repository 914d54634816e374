import Encoding
import FoundationEssentials
import HTTP
import Synchronization

/// A credential that ends, kept until shortly before that. Who asks while it is being fetched fetches too: nobody waits for
/// another's call, and the last one fetched is kept.
final class KeptCredential<Value: Sendable>: Sendable {
    private let margin: TimeInterval
    private let now: @Sendable () -> Date
    private let kept = Mutex<(value: Value, until: Date)?>(nil)

    /// - Parameter margin: seconds before its end from which on another one is fetched.
    init(margin: TimeInterval, now: @escaping @Sendable () -> Date) {
        self.margin = margin
        self.now = now
    }

    /// The one that is kept, or what `fetch` brings. What is thrown there leaves the kept one as it is.
    func current(_ fetch: () async throws -> (value: Value, until: Date)) async throws -> Value {
        if let kept = kept.withLock({ $0 }), now() < kept.until.addingTimeInterval(-margin) { return kept.value }
        let fetched = try await fetch()
        kept.withLock { $0 = fetched }
        return fetched.value
    }
}

/// What the sources of credentials have in common: services whose only good answer is 200, and files that others renew.
extension KMS {
    static func ask(
        _ name: String, transport: KMSTransport, _ method: String, _ url: String, _ headers: HTTPFields
    ) async throws -> HTTPResponse {
        let response = try await send(
            name, transport: transport, { HTTPRequest(method: method, url: url, headers: headers) },
            isBusy: { $0.status >= 500 })
        guard response.status == 200 else {
            throw SignerError(.refused, "\(name) answered with HTTP status \(response.status)")
        }
        return response
    }

    static func text(of path: String, for name: String) throws(SignerError) -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw SignerError(.unavailable, "\(path), for \(name), can't be read")
        }
        return text.trimmed()
    }
}
