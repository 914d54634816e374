extension GRPCAccessClient {
    public func subscribeBlocks(from start: StreamStart, status: BlockStatus, full: Bool) -> AccessStream<Block> {
        let block: @Sendable (SubscribeBlocksResponse) throws -> Block = { [self] answer in
            var block = try required(answer.block, "block", of: AccessMethods.service + "SubscribeBlocks")
            block.status = status
            return block
        }
        switch start {
        case .latest:
            let request = SubscribeBlocksFromLatestRequest(status: status, full: full)
            return stream(AccessMethods.subscribeBlocksFromLatest, request, block)
        case .height(let height):
            let request = SubscribeBlocksFromStartHeightRequest(startHeight: height, status: status, full: full)
            return stream(AccessMethods.subscribeBlocksFromStartHeight, request, block)
        case .blockID(let id):
            let request = SubscribeBlocksFromStartBlockIDRequest(startBlockID: id, status: status, full: full)
            return stream(AccessMethods.subscribeBlocksFromStartBlockID, request, block)
        }
    }

    public func subscribeBlockHeaders(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockHeader> {
        let header: @Sendable (SubscribeBlockHeadersResponse) throws -> BlockHeader = { [self] answer in
            var header = try required(answer.header, "header", of: AccessMethods.service + "SubscribeBlockHeaders")
            header.status = status
            return header
        }
        switch start {
        case .latest:
            let request = SubscribeBlockHeadersFromLatestRequest(status: status)
            return stream(AccessMethods.subscribeBlockHeadersFromLatest, request, header)
        case .height(let height):
            let request = SubscribeBlockHeadersFromStartHeightRequest(startHeight: height, status: status)
            return stream(AccessMethods.subscribeBlockHeadersFromStartHeight, request, header)
        case .blockID(let id):
            let request = SubscribeBlockHeadersFromStartBlockIDRequest(startBlockID: id, status: status)
            return stream(AccessMethods.subscribeBlockHeadersFromStartBlockID, request, header)
        }
    }

    public func subscribeBlockDigests(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockDigest> {
        switch start {
        case .latest:
            let request = SubscribeBlockDigestsFromLatestRequest(status: status)
            return stream(AccessMethods.subscribeBlockDigestsFromLatest, request) { $0 }
        case .height(let height):
            let request = SubscribeBlockDigestsFromStartHeightRequest(startHeight: height, status: status)
            return stream(AccessMethods.subscribeBlockDigestsFromStartHeight, request) { $0 }
        case .blockID(let id):
            let request = SubscribeBlockDigestsFromStartBlockIDRequest(startBlockID: id, status: status)
            return stream(AccessMethods.subscribeBlockDigestsFromStartBlockID, request) { $0 }
        }
    }

    public func sendAndSubscribe(_ transaction: Transaction, encoding: EventEncoding) -> AccessStream<TransactionResult>
    {
        let method = AccessMethods.sendAndSubscribeTransactionStatuses
        let request = SendAndSubscribeTransactionStatusesRequest(transaction: transaction, encoding: encoding)
        return stream(method, request) { [self] answer in
            try required(answer.results, "transaction_results", of: method.path).result
        }
    }

    public func subscribeExecutionData(
        from start: StreamStart, encoding: EventEncoding
    ) -> AccessStream<ExecutionDataMessage> {
        switch start {
        case .latest:
            let request = SubscribeExecutionDataFromLatestRequest(encoding: encoding)
            return stream(ExecutionDataMethods.subscribeExecutionDataFromLatest, request) { $0 }
        case .height(let height):
            let request = SubscribeExecutionDataFromStartBlockHeightRequest(startHeight: height, encoding: encoding)
            return stream(ExecutionDataMethods.subscribeExecutionDataFromStartBlockHeight, request) { $0 }
        case .blockID(let id):
            let request = SubscribeExecutionDataFromStartBlockIDRequest(startBlockID: id, encoding: encoding)
            return stream(ExecutionDataMethods.subscribeExecutionDataFromStartBlockID, request) { $0 }
        }
    }

    public func subscribeEvents(
        from start: StreamStart, filter: EventFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<EventsMessage> {
        switch start {
        case .latest:
            let request = SubscribeEventsFromLatestRequest(filter: filter, heartbeat: heartbeat, encoding: encoding)
            return stream(ExecutionDataMethods.subscribeEventsFromLatest, request) { $0 }
        case .height(let height):
            let request = SubscribeEventsFromStartHeightRequest(
                startHeight: height, filter: filter, heartbeat: heartbeat, encoding: encoding)
            return stream(ExecutionDataMethods.subscribeEventsFromStartHeight, request) { $0 }
        case .blockID(let id):
            let request = SubscribeEventsFromStartBlockIDRequest(
                startBlockID: id, filter: filter, heartbeat: heartbeat, encoding: encoding)
            return stream(ExecutionDataMethods.subscribeEventsFromStartBlockID, request) { $0 }
        }
    }

    public func subscribeAccountStatuses(
        from start: StreamStart, filter: AccountStatusFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<AccountStatusesMessage> {
        switch start {
        case .latest:
            let request = SubscribeAccountStatusesFromLatestBlockRequest(
                filter: filter, heartbeat: heartbeat, encoding: encoding)
            return stream(ExecutionDataMethods.subscribeAccountStatusesFromLatestBlock, request) { $0 }
        case .height(let height):
            let request = SubscribeAccountStatusesFromStartHeightRequest(
                startHeight: height, filter: filter, heartbeat: heartbeat, encoding: encoding)
            return stream(ExecutionDataMethods.subscribeAccountStatusesFromStartHeight, request) { $0 }
        case .blockID(let id):
            let request = SubscribeAccountStatusesFromStartBlockIDRequest(
                startBlockID: id, filter: filter, heartbeat: heartbeat, encoding: encoding)
            return stream(ExecutionDataMethods.subscribeAccountStatusesFromStartBlockID, request) { $0 }
        }
    }
}
