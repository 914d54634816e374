import Daemon

/// An HTTP client over libcurl's multi interface: one thread, connections that are used again, HTTP/1.1.
///
/// Cancelling the task cancels the request. Redirects are not followed, cookies not kept, certificates always checked.
/// A request that found its old connection closed before a byte of an answer came is sent again on a new one, by
/// libcurl: what must not arrive twice carries a key that says so.
public final class HTTPClient: Sendable {
    public struct Configuration: Sendable {
        /// For a whole answer; a stream may take as long as it likes once its headers are there.
        public var timeout: Duration = .seconds(30)
        public var connectTimeout: Duration = .seconds(10)
        public var responseBytes = 64 << 20
        public var connectionsPerHost = 32
        public var connections = 128
        /// A PEM file to trust instead of the system's roots.
        public var certificateAuthorities: String?
        /// A client certificate and its key, as PEM files.
        public var clientCertificate: (certificate: String, key: String)?
        /// Connect here whatever the URL's host is.
        public var unixSocket: String?
        public var userAgent = "weir"
        /// Addresses within are not connected to, whatever name leads there: see `PublicAddress`. For addresses that
        /// somebody else names.
        public var refusesPrivateAddresses = false
        public init() {}
    }

    let configuration: Configuration
    private let loop: CurlLoop

    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        loop = CurlLoop(configuration)
    }

    /// Requests that are under way fail as closed.
    deinit { loop.stop() }

    /// The whole answer.
    /// - Throws: `HTTPError`, or `CancellationError`.
    public func send(_ request: HTTPRequest, timeout: Duration? = nil) async throws -> HTTPResponse {
        let transfer = try Transfer(
            request, configuration, loop, timeout: timeout ?? configuration.timeout, isStreamed: false)
        return try await withTaskCancellationHandler {
            let (status, headers) = try await transfer.start()
            return HTTPResponse(status: status, headers: headers, body: transfer.takeBody())
        } onCancel: {
            transfer.cancel()
        }
    }

    /// The answer as soon as its headers are there. The timeout is for these alone.
    public func stream(_ request: HTTPRequest, timeout: Duration? = nil) async throws -> HTTPStreamingResponse {
        let transfer = try Transfer(
            request, configuration, loop, timeout: timeout ?? configuration.timeout, isStreamed: true)
        let owner = TransferOwner(transfer)
        return try await withTaskCancellationHandler {
            let limit = timeout ?? configuration.timeout
            // A node that takes the request and says nothing would hold its caller for ever.
            let (status, headers) = try await withDeadline(limit, transfer.place) {
                try await withTaskCancellationHandler {
                    try await transfer.start()
                } onCancel: {
                    transfer.cancel()
                }
            }
            return HTTPStreamingResponse(
                status: status, headers: headers, body: HTTPBodyChunks(transfer: transfer, owner: owner))
        } onCancel: {
            transfer.cancel()
        }
    }

    public func get(_ url: String, headers: HTTPFields = [:], timeout: Duration? = nil) async throws -> HTTPResponse {
        try await send(HTTPRequest(url: url, headers: headers), timeout: timeout)
    }

    public func post(
        _ url: String, headers: HTTPFields = [:], body: [UInt8], timeout: Duration? = nil
    ) async throws -> HTTPResponse {
        try await send(HTTPRequest(method: "POST", url: url, headers: headers, body: body), timeout: timeout)
    }
}
