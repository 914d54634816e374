import GRPC

extension GRPCAccessClient {
    /// As `events(ofType:heights:encoding:)`, but the answer is read where it lies and lent block by block
    /// (`EventRange`): of an answer that came in several slices no more than one block is copied at a time.
    public func withEvents(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding,
        _ body: (BlockEvents, LentEvents) throws -> Void
    ) async throws {
        let method = AccessMethods.getEventsForHeightRange.path
        let request = GetEventsForHeightRangeRequest(
            type: type, startHeight: heights.lowerBound, endHeight: heights.upperBound, encoding: encoding)
        try await translatingErrors(method) {
            let answer = try await channel.unary(
                method, request.protobuf, deadline: CallDeadline.current ?? deadline)
            try EventRange.read(answer.message, body)
        }
    }
}
