public import GRPC

// onflow/flow protobuf/flow/entities/{execution_result,block_execution_data,register}.proto

extension ExecutionResult: ProtobufMessage {
    public static var protobufName: String { "flow.entities.ExecutionResult" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "previous_result_id", &previousResultID)
        try visitor.field(2, "block_id", &blockID)
        try visitor.repeated(3, "chunks", &chunks)
        try visitor.repeated(4, "service_events", &serviceEvents)
        try visitor.field(5, "execution_data_id", &executionDataID)
    }
}

extension Chunk: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Chunk" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "CollectionIndex", &collectionIndex)
        try visitor.field(2, "start_state", &startState)
        try visitor.field(3, "event_collection", &eventCollection)
        try visitor.field(4, "block_id", &blockID)
        try visitor.field(5, "total_computation_used", &totalComputationUsed)
        try visitor.field(6, "number_of_transactions", &numberOfTransactions)
        try visitor.field(7, "index", &index)
        try visitor.field(8, "end_state", &endState)
        try visitor.field(9, "execution_data_id", &executionDataID)
        try visitor.field(10, "state_delta_commitment", &stateDeltaCommitment)
        try visitor.field(11, "service_event_count", &serviceEventCount)
    }
}

extension ServiceEvent: ProtobufMessage {
    public static var protobufName: String { "flow.entities.ServiceEvent" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "type", &type)
        try visitor.field(2, "payload", &payload)
    }
}

extension ExecutionReceiptMeta: ProtobufMessage {
    public static var protobufName: String { "flow.entities.ExecutionReceiptMeta" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "executor_id", &executorID)
        try visitor.field(2, "result_id", &resultID)
        try visitor.repeated(3, "spocks", &spocks)
        try visitor.field(4, "executor_signature", &executorSignature)
    }
}

extension ExecutionReceipt: ProtobufMessage {
    public static var protobufName: String { "flow.entities.ExecutionReceipt" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "meta", &meta)
        try visitor.message(2, "execution_result", &result)
    }
}

extension BlockExecutionData: ProtobufMessage {
    public static var protobufName: String { "flow.entities.BlockExecutionData" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.repeated(2, "chunk_execution_data", &chunks)
    }
}

extension ChunkExecutionData: ProtobufMessage {
    public static var protobufName: String { "flow.entities.ChunkExecutionData" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        var collection = ExecutionDataCollection()
        swap(&collection.transactions, &transactions)
        defer { swap(&collection.transactions, &transactions) }
        try visitor.message(1, "collection", &collection)
        try visitor.repeated(2, "events", &events)
        try visitor.message(3, "trieUpdate", &trieUpdate)
        try visitor.repeated(4, "transaction_results", &transactionResults)
    }
}

/// A list that the protocol puts into a message of its own.
package struct ExecutionDataCollection: ProtobufMessage {
    package static var protobufName: String { "flow.entities.ExecutionDataCollection" }
    package var transactions: [Transaction] = []

    package init() {}

    package init(transactions: [Transaction] = []) {
        self.transactions = transactions
    }
    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "transactions", &transactions)
    }
}

extension TrieUpdate: ProtobufMessage {
    public static var protobufName: String { "flow.entities.TrieUpdate" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "root_hash", &rootHash)
        try visitor.repeated(2, "paths", &paths)
        try visitor.repeated(3, "payloads", &payloads)
    }
}

extension TrieUpdate.Payload: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Payload" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "keyPart", &keyParts)
        try visitor.field(2, "value", &value)
    }
}

extension TrieUpdate.KeyPart: ProtobufMessage {
    public static var protobufName: String { "flow.entities.KeyPart" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "type", &type)
        try visitor.field(2, "value", &value)
    }
}

extension ExecutionDataTransactionResult: ProtobufMessage {
    public static var protobufName: String { "flow.entities.ExecutionDataTransactionResult" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "transaction_id", &transactionID)
        try visitor.field(2, "failed", &failed)
        try visitor.field(3, "computation_used", &computationUsed)
    }
}

extension RegisterID: ProtobufMessage {
    public static var protobufName: String { "flow.entities.RegisterID" }
    public init() { self.init(owner: [], key: []) }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "owner", &owner)
        try visitor.field(2, "key", &key)
    }
}
