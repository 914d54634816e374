import Cadence
public import GRPC

// onflow/flow protobuf/flow/entities/{transaction,event}.proto

extension Transaction: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Transaction" }

    /// All empty, as a system transaction's parts are.
    public init() {
        self.init(
            script: [], arguments: [], referenceBlockID: .zero, computationLimit: 0, proposalKey: ProposalKey(),
            payer: Address(rawValue: 0), authorizers: [])
    }

    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "script", &script)
        try visitor.repeated(2, "arguments", &arguments)
        try visitor.field(3, "reference_block_id", &referenceBlockID)
        try visitor.field(4, "gas_limit", &computationLimit)
        // A system transaction has no proposer, and a node then writes none.
        var proposer = proposalKey == ProposalKey() ? nil : Optional(proposalKey)
        try visitor.message(5, "proposal_key", &proposer)
        proposalKey = proposer ?? ProposalKey()
        try visitor.field(6, "payer", &payer)
        try visitor.repeated(7, "authorizers", &authorizers)
        try visitor.repeated(8, "payload_signatures", &payloadSignatures)
        try visitor.repeated(9, "envelope_signatures", &envelopeSignatures)
    }
}

extension Transaction.ProposalKey: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Transaction.ProposalKey" }
    public init() { self.init(address: Address(rawValue: 0), keyIndex: 0, sequenceNumber: 0) }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "key_id", &keyIndex)
        try visitor.field(3, "sequence_number", &sequenceNumber)
    }
}

extension Transaction.Signature: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Transaction.Signature" }
    public init() { self.init(address: Address(rawValue: 0), keyIndex: 0, signature: []) }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "key_id", &keyIndex)
        try visitor.field(3, "signature", &signature)
        try visitor.field(4, "extension_data", &extensionData)
    }
}

extension Event: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Event" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "type", &type)
        try visitor.field(2, "transaction_id", &transactionID)
        try visitor.field(3, "transaction_index", &transactionIndex)
        try visitor.field(4, "event_index", &eventIndex)
        try visitor.field(5, "payload", &payload)
    }
}

extension BlockEvents: ProtobufMessage {
    public static var protobufName: String { "flow.access.EventsResponse.Result" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "block_height", &blockHeight)
        try visitor.repeated(3, "events", &events)
        try visitor.message(4, "block_timestamp", &blockTimestamp)
    }
}

package struct TransactionResultResponse: FlowAccessMessage {
    package var result = TransactionResult()
    package var metadata: ResponseMetadata?

    package init() {}

    package init(result: TransactionResult = TransactionResult(), metadata: ResponseMetadata? = nil) {
        self.result = result
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "status", &result.status)
        try visitor.field(2, "status_code", &result.statusCode)
        try visitor.field(3, "error_message", &result.errorMessage)
        try visitor.repeated(4, "events", &result.events)
        try visitor.field(5, "block_id", &result.blockID)
        try visitor.field(6, "transaction_id", &result.transactionID)
        try visitor.field(7, "collection_id", &result.collectionID)
        try visitor.field(8, "block_height", &result.blockHeight)
        try visitor.message(9, "metadata", &metadata)
        try visitor.field(10, "computation_usage", &result.computationUsage)
    }
}
