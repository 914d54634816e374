/// What a client asks for.
public struct HTTPRequest: Sendable {
    public var method: String
    /// http or https.
    public var url: String
    public var headers: HTTPFields
    public var body: [UInt8]

    public init(method: String = "GET", url: String, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What a server answered, whole. Any status is an answer; errors are for where there is none.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var headers: HTTPFields
    public var body: [UInt8]

    public init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// What a server answered, as far as its headers; the body comes chunk by chunk.
public struct HTTPStreamingResponse: Sendable {
    public var status: Int
    public var headers: HTTPFields
    public var body: HTTPBodyChunks
}

/// A body on its way: the next chunk is fetched when it is asked for. For one reader; dropping it ends the transfer.
public struct HTTPBodyChunks: AsyncSequence, Sendable {
    let transfer: Transfer
    let owner: TransferOwner

    public func makeAsyncIterator() -> Iterator { Iterator(transfer: transfer, owner: owner) }

    public struct Iterator: AsyncIteratorProtocol {
        let transfer: Transfer
        let owner: TransferOwner
        public mutating func next() async throws -> [UInt8]? { try await transfer.nextChunk() }
    }
}

/// Cancels its transfer when nobody holds it any more.
final class TransferOwner: Sendable {
    private let transfer: Transfer
    init(_ transfer: Transfer) { self.transfer = transfer }
    deinit { transfer.cancel() }
}
