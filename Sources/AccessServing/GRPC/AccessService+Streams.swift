import FlowClient
import GRPC

extension AccessService {
    mutating func registerBlockStreams() {
        let block: @Sendable (Block, Int) -> SubscribeBlocksResponse = { block, _ in
            SubscribeBlocksResponse(block: block)
        }
        on(
            AccessMethods.subscribeBlocksFromStartBlockID,
            { api, request in
                api.subscribeBlocks(from: .blockID(request.startBlockID), status: request.status, full: request.full)
            }, block)
        on(
            AccessMethods.subscribeBlocksFromStartHeight,
            { api, request in
                api.subscribeBlocks(from: .height(request.startHeight), status: request.status, full: request.full)
            }, block)
        on(
            AccessMethods.subscribeBlocksFromLatest,
            { api, request in
                api.subscribeBlocks(from: .latest, status: request.status, full: request.full)
            }, block)

        let header: @Sendable (BlockHeader, Int) -> SubscribeBlockHeadersResponse = { header, _ in
            SubscribeBlockHeadersResponse(header: header)
        }
        on(
            AccessMethods.subscribeBlockHeadersFromStartBlockID,
            { api, request in
                api.subscribeBlockHeaders(from: .blockID(request.startBlockID), status: request.status)
            }, header)
        on(
            AccessMethods.subscribeBlockHeadersFromStartHeight,
            { api, request in
                api.subscribeBlockHeaders(from: .height(request.startHeight), status: request.status)
            }, header)
        on(
            AccessMethods.subscribeBlockHeadersFromLatest,
            { api, request in
                api.subscribeBlockHeaders(from: .latest, status: request.status)
            }, header)

        on(AccessMethods.subscribeBlockDigestsFromStartBlockID) { api, request in
            api.subscribeBlockDigests(from: .blockID(request.startBlockID), status: request.status)
        }
        on(AccessMethods.subscribeBlockDigestsFromStartHeight) { api, request in
            api.subscribeBlockDigests(from: .height(request.startHeight), status: request.status)
        }
        on(AccessMethods.subscribeBlockDigestsFromLatest) { api, request in
            api.subscribeBlockDigests(from: .latest, status: request.status)
        }

        on(
            AccessMethods.sendAndSubscribeTransactionStatuses,
            { api, request in
                api.sendAndSubscribe(try request.transaction.orInvalid("transaction"), encoding: request.encoding)
            }
        ) { result, index in
            SendAndSubscribeTransactionStatusesResponse(
                results: TransactionResultResponse(result: result), messageIndex: UInt64(index))
        }
    }

    mutating func registerExecutionDataStreams() {
        on(ExecutionDataMethods.subscribeExecutionData) { api, request in
            let start = StreamStart(id: request.startBlockID, height: request.startHeight)
            return api.subscribeExecutionData(from: start, encoding: request.encoding)
        }
        on(ExecutionDataMethods.subscribeExecutionDataFromStartBlockID) { api, request in
            api.subscribeExecutionData(from: .blockID(request.startBlockID), encoding: request.encoding)
        }
        on(ExecutionDataMethods.subscribeExecutionDataFromStartBlockHeight) { api, request in
            api.subscribeExecutionData(from: .height(request.startHeight), encoding: request.encoding)
        }
        on(ExecutionDataMethods.subscribeExecutionDataFromLatest) { api, request in
            api.subscribeExecutionData(from: .latest, encoding: request.encoding)
        }

        on(ExecutionDataMethods.subscribeEvents) { [manners] api, request in
            var start = StreamStart(id: request.startBlockID, height: request.startHeight)
            if start == .latest, manners == .emulator { start = .height(0) }
            return api.subscribeEvents(
                from: start, filter: request.filter ?? EventFilter(), heartbeat: request.heartbeat,
                encoding: request.encoding)
        }
        on(ExecutionDataMethods.subscribeEventsFromStartBlockID) { api, request in
            api.subscribeEvents(
                from: .blockID(request.startBlockID), filter: request.filter ?? EventFilter(),
                heartbeat: request.heartbeat,
                encoding: request.encoding)
        }
        on(ExecutionDataMethods.subscribeEventsFromStartHeight) { api, request in
            api.subscribeEvents(
                from: .height(request.startHeight), filter: request.filter ?? EventFilter(),
                heartbeat: request.heartbeat,
                encoding: request.encoding)
        }
        on(ExecutionDataMethods.subscribeEventsFromLatest) { api, request in
            api.subscribeEvents(
                from: .latest, filter: request.filter ?? EventFilter(), heartbeat: request.heartbeat,
                encoding: request.encoding)
        }

        on(ExecutionDataMethods.subscribeAccountStatusesFromStartBlockID) { api, request in
            api.subscribeAccountStatuses(
                from: .blockID(request.startBlockID), filter: request.filter ?? AccountStatusFilter(),
                heartbeat: request.heartbeat, encoding: request.encoding)
        }
        on(ExecutionDataMethods.subscribeAccountStatusesFromStartHeight) { api, request in
            api.subscribeAccountStatuses(
                from: .height(request.startHeight), filter: request.filter ?? AccountStatusFilter(),
                heartbeat: request.heartbeat, encoding: request.encoding)
        }
        on(ExecutionDataMethods.subscribeAccountStatusesFromLatestBlock) { api, request in
            api.subscribeAccountStatuses(
                from: .latest, filter: request.filter ?? AccountStatusFilter(), heartbeat: request.heartbeat,
                encoding: request.encoding)
        }
    }
}

extension StreamStart {
    /// The older, all-in-one requests: an id, or a height, or neither, which means the latest
    /// (onflow/flow-go:engine/access/state_stream/backend/handler.go).
    init(id: BlockID?, height: BlockHeight) {
        if let id {
            self = .blockID(id)
        } else {
            self = height == 0 ? .latest : .height(height)
        }
    }
}

extension Optional {
    /// For what a request cannot do without.
    func orInvalid(_ field: String) throws -> Wrapped {
        guard let self else { throw AccessError(.invalidArgument, "the request has no \(field)") }
        return self
    }
}

/// An id is left out, or 32 zeros: nothing has that one.
protocol EmptyIdentifier: Equatable {
    static var zero: Self { get }
}

extension BlockID: EmptyIdentifier {}
extension TransactionID: EmptyIdentifier {}
extension CollectionID: EmptyIdentifier {}
extension Identifier: EmptyIdentifier {}

extension EmptyIdentifier {
    /// For what a request cannot do without (onflow/flow-go:engine/common/rpc/convert).
    func orInvalid(_ what: String) throws -> Self {
        guard self != .zero else { throw AccessError.invalid(id: what) }
        return self
    }
}

extension AccessError {
    /// An id that is absent or of another length, in a node's words (onflow/flow-go:engine/access/rpc/handler.go).
    static func invalid(id what: String) -> AccessError {
        AccessError(.invalidArgument, "invalid \(what): rpc error: code = InvalidArgument desc = invalid \(what)")
    }

    /// Where a request could not be read: an id of another length is the one mistake that a node names itself.
    static func unreadable(_ error: ProtobufError, calling method: String) -> AccessError {
        guard case .invalidValue(let why) = error.reason, why.hasPrefix("an id of"), let field = error.path.last else {
            return AccessError(.invalidArgument, error.description)
        }
        let kinds = ["Collection", "Transaction", "Block"]
        let ofField = ["block_id": "block", "block_ids": "block", "collection_id": "collection"][field]
        let name = method.split(separator: "/").last ?? ""
        let ofMethod = kinds.first { name.contains($0) }?.lowercased() ?? "block"
        return invalid(id: "\(ofField ?? ofMethod) id")
    }
}
