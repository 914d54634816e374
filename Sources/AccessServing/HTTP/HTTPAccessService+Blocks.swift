import Encoding
import FlowClient
import HTTP

extension HTTPAccessService {
    /// Inclusive, both.
    private static let maximumHeights = 50

    mutating func registerBlocks() {
        get("/blocks") { api, request in
            switch try BlockRange(request) {
            case .latest(let isSealed):
                return .array([try await Self.block(isSealed ? .latestSealed : .latestFinalized, api, request)])
            case .heights(let heights):
                var blocks: [JSON] = []
                for height in heights { blocks.append(try await Self.block(.height(height), api, request)) }
                return .array(blocks)
            case .range(let start, let end):
                let last = try await Self.number(end, api)
                guard start <= last else {
                    throw Refusal.bad("start height must be less than or equal to end height")
                }
                var blocks: [JSON] = []
                for height in start...last {
                    blocks.append(try await Self.block(.height(BlockHeight(height)), api, request))
                }
                return .array(blocks)
            }
        }
        get("/blocks/{id}") { api, request in
            var blocks: [JSON] = []
            for id in try request.ids() { blocks.append(try await Self.block(.id(id), api, request)) }
            return .array(blocks)
        }
        get("/blocks/{id}/payload") { api, request in
            let block = try await Self.lookUp(.id(BlockID(raw: try request.id())), api)
            return Body.payload(block)
        }
        get("/collections/{id}") { api, request in
            let id = CollectionID(raw: try request.id())
            let collection = try await api.collection(id).value
            guard request.expands("transactions") else { return Body.collection(collection, expanded: nil) }
            return Body.collection(collection, expanded: try await api.fullCollection(id).value)
        }
    }

    /// `sealed` and `final` as the heights they are now.
    static func number(_ height: Request.Height, _ api: any AccessAPI) async throws -> UInt64 {
        switch height {
        case .sealed: try await api.blockHeader(.latestSealed).value.height.rawValue
        case .final: try await api.blockHeader(.latestFinalized).value.height.rawValue
        case .number(let number): number
        }
    }

    private static func lookUp(_ reference: BlockReference, _ api: any AccessAPI) async throws -> Block {
        do {
            return try await api.block(reference, full: true).value
        } catch let error as AccessError where error.code == .notFound {
            switch reference {
            case .id(let id): throw Refusal(404, "error looking up block with ID \(id)")
            case .height(let height): throw Refusal(404, "error looking up block at height \(height)")
            case .latestSealed, .latestFinalized: throw Refusal(500, "block lookup failed")
            }
        }
    }

    private static func block(
        _ reference: BlockReference, _ api: any AccessAPI, _ request: Request
    ) async throws -> JSON {
        let block = try await lookUp(reference, api)
        let result = try await executionResult(of: block.id, api, whole: request.expands("execution_result"))
        return Body.block(block, result: result, expandsPayload: request.expands("payload"))
    }

    /// What `height`, `start_height` and `end_height` ask for.
    private enum BlockRange {
        case latest(isSealed: Bool)
        case heights([BlockHeight])
        case range(UInt64, Request.Height)

        init(_ request: Request) throws {
            let start = try request.height("start_height")
            let end = try request.height("end_height")
            let heights = try request.heights("height")
            if !heights.isEmpty {
                guard start == nil, end == nil else {
                    throw Refusal.bad("can only provide either heights or start and end height range")
                }
                self = try Self.single(heights)
                return
            }
            guard let start, let end else {
                throw Refusal.bad("must provide either heights or start and end height range")
            }
            let (from, to) = (Self.value(start), Self.value(end))
            guard from <= to else { throw Refusal.bad("start height must be less than or equal to end height") }
            guard case .number = end else {
                guard case .number(let number) = start else {
                    throw Refusal.bad("start height must be less than or equal to end height")
                }
                self = .range(number, end)
                return
            }
            guard to - from < UInt64(HTTPAccessService.maximumHeights) else {
                throw Refusal.bad(
                    "height range \(to - from) exceeds maximum allowed of \(HTTPAccessService.maximumHeights)")
            }
            self = .range(from, end)
        }

        private static func single(_ heights: [Request.Height]) throws -> BlockRange {
            guard heights.count <= HTTPAccessService.maximumHeights else {
                throw Refusal.bad("at most \(HTTPAccessService.maximumHeights) heights can be requested at a time")
            }
            if heights.count == 1, heights[0] == .sealed { return .latest(isSealed: true) }
            if heights.count == 1, heights[0] == .final { return .latest(isSealed: false) }
            return .heights(
                try heights.map { height in
                    guard case .number(let number) = height else {
                        throw Refusal.bad("can not provide 'final' or 'sealed' values with other height values")
                    }
                    return BlockHeight(number)
                })
        }

        /// As flow-go orders them: above every number.
        private static func value(_ height: Request.Height) -> UInt64 {
            switch height {
            case .sealed: .max - 1
            case .final: .max - 2
            case .number(let number): number
            }
        }
    }
}
