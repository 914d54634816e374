import GRPC

// Requests and answers: accounts, balances and keys (onflow/flow protobuf/flow/access/access.proto).

struct GetAccountRequest: FlowAccessMessage {
    var address = Address(rawValue: 0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct GetAccountResponse: FlowAccessMessage {
    var account: Account?
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "account", &account)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetAccountAtLatestBlockRequest: FlowAccessMessage {
    var address = Address(rawValue: 0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct AccountResponse: FlowAccessMessage {
    var account: Account?
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "account", &account)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetAccountAtBlockHeightRequest: FlowAccessMessage {
    var address = Address(rawValue: 0)
    var height = BlockHeight(0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "block_height", &height)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct GetAccountBalanceAtLatestBlockRequest: FlowAccessMessage {
    var address = Address(rawValue: 0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct AccountBalanceResponse: FlowAccessMessage {
    var balance = UInt64(0)
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "balance", &balance)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetAccountBalanceAtBlockHeightRequest: FlowAccessMessage {
    var address = Address(rawValue: 0)
    var height = BlockHeight(0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "block_height", &height)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct GetAccountKeysAtLatestBlockRequest: FlowAccessMessage {
    var address = Address(rawValue: 0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct AccountKeysResponse: FlowAccessMessage {
    var keys: [AccountKey] = []
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "account_keys", &keys)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetAccountKeysAtBlockHeightRequest: FlowAccessMessage {
    var address = Address(rawValue: 0)
    var height = BlockHeight(0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "block_height", &height)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct GetAccountKeyAtLatestBlockRequest: FlowAccessMessage {
    var address = Address(rawValue: 0)
    var index = KeyIndex(0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "index", &index)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct AccountKeyResponse: FlowAccessMessage {
    var key: AccountKey?
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "account_key", &key)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetAccountKeyAtBlockHeightRequest: FlowAccessMessage {
    var address = Address(rawValue: 0)
    var height = BlockHeight(0)
    var index = KeyIndex(0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "block_height", &height)
        try visitor.field(3, "index", &index)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}
