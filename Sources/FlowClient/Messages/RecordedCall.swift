import GRPC

/// A unary gRPC call to an access node as a recording holds it: the method's path and the messages' bytes. Of the calls
/// by which a chain is read back; any other is `other`. What was answered is nil where the call failed.
package enum RecordedCall: Sendable {
    case block(height: BlockHeight, Block?)
    case header(height: BlockHeight, BlockHeader?)
    case results(blockID: BlockID, [TransactionResult]?)
    case events(type: String, heights: (first: BlockHeight, last: BlockHeight), encoding: EventEncoding, [BlockEvents]?)
    case other

    /// - Throws: `ProtobufError` where the bytes are not those messages.
    package init(method: String, request: [UInt8], response: [UInt8]?) throws {
        switch method {
        case "/flow.access.AccessAPI/GetBlockByHeight":
            let answer = try response.map { try BlockResponse(protobuf: $0) }
            var block = answer?.block
            block?.status = answer?.status ?? .unknown
            self = .block(height: try GetBlockByHeightRequest(protobuf: request).height, block)
        case "/flow.access.AccessAPI/GetBlockHeaderByHeight":
            let answer = try response.map { try BlockHeaderResponse(protobuf: $0) }
            var header = answer?.block
            header?.status = answer?.status ?? .unknown
            self = .header(height: try GetBlockHeaderByHeightRequest(protobuf: request).height, header)
        case "/flow.access.AccessAPI/GetTransactionResultsByBlockID":
            let results = try response.map { try TransactionResultsResponse(protobuf: $0).results.map(\.result) }
            self = .results(blockID: try GetTransactionsByBlockIDRequest(protobuf: request).blockID, results)
        case "/flow.access.AccessAPI/GetEventsForHeightRange":
            let asked = try GetEventsForHeightRangeRequest(protobuf: request)
            let found = try response.map { try EventsResponse(protobuf: $0).results }
            self = .events(
                type: asked.type, heights: (first: asked.startHeight, last: asked.endHeight), encoding: asked.encoding,
                found)
        default: self = .other
        }
    }
}
