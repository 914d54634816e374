package import Cadence
package import GRPC

// Requests and answers: accounts, balances and keys (onflow/flow protobuf/flow/access/access.proto).

package struct GetAccountRequest: FlowAccessMessage {
    package var address = Address(rawValue: 0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(address: Address = Address(rawValue: 0), stateQuery: ExecutionStateQuery? = nil) {
        self.address = address
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct GetAccountResponse: FlowAccessMessage {
    package var account: Account?
    package var metadata: ResponseMetadata?

    package init() {}

    package init(account: Account? = nil, metadata: ResponseMetadata? = nil) {
        self.account = account
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "account", &account)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetAccountAtLatestBlockRequest: FlowAccessMessage {
    package var address = Address(rawValue: 0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(address: Address = Address(rawValue: 0), stateQuery: ExecutionStateQuery? = nil) {
        self.address = address
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct AccountResponse: FlowAccessMessage {
    package var account: Account?
    package var metadata: ResponseMetadata?

    package init() {}

    package init(account: Account? = nil, metadata: ResponseMetadata? = nil) {
        self.account = account
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "account", &account)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetAccountAtBlockHeightRequest: FlowAccessMessage {
    package var address = Address(rawValue: 0)
    package var height = BlockHeight(0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        address: Address = Address(rawValue: 0), height: BlockHeight = BlockHeight(0),
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.address = address
        self.height = height
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "block_height", &height)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct GetAccountBalanceAtLatestBlockRequest: FlowAccessMessage {
    package var address = Address(rawValue: 0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(address: Address = Address(rawValue: 0), stateQuery: ExecutionStateQuery? = nil) {
        self.address = address
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct AccountBalanceResponse: FlowAccessMessage {
    package var balance = UInt64(0)
    package var metadata: ResponseMetadata?

    package init() {}

    package init(balance: UInt64 = UInt64(0), metadata: ResponseMetadata? = nil) {
        self.balance = balance
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "balance", &balance)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetAccountBalanceAtBlockHeightRequest: FlowAccessMessage {
    package var address = Address(rawValue: 0)
    package var height = BlockHeight(0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        address: Address = Address(rawValue: 0), height: BlockHeight = BlockHeight(0),
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.address = address
        self.height = height
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "block_height", &height)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct GetAccountKeysAtLatestBlockRequest: FlowAccessMessage {
    package var address = Address(rawValue: 0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(address: Address = Address(rawValue: 0), stateQuery: ExecutionStateQuery? = nil) {
        self.address = address
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct AccountKeysResponse: FlowAccessMessage {
    package var keys: [AccountKey] = []
    package var metadata: ResponseMetadata?

    package init() {}

    package init(keys: [AccountKey] = [], metadata: ResponseMetadata? = nil) {
        self.keys = keys
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "account_keys", &keys)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetAccountKeysAtBlockHeightRequest: FlowAccessMessage {
    package var address = Address(rawValue: 0)
    package var height = BlockHeight(0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        address: Address = Address(rawValue: 0), height: BlockHeight = BlockHeight(0),
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.address = address
        self.height = height
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "block_height", &height)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct GetAccountKeyAtLatestBlockRequest: FlowAccessMessage {
    package var address = Address(rawValue: 0)
    package var index = KeyIndex(0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        address: Address = Address(rawValue: 0), index: KeyIndex = KeyIndex(0), stateQuery: ExecutionStateQuery? = nil
    ) {
        self.address = address
        self.index = index
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "index", &index)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct AccountKeyResponse: FlowAccessMessage {
    package var key: AccountKey?
    package var metadata: ResponseMetadata?

    package init() {}

    package init(key: AccountKey? = nil, metadata: ResponseMetadata? = nil) {
        self.key = key
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "account_key", &key)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetAccountKeyAtBlockHeightRequest: FlowAccessMessage {
    package var address = Address(rawValue: 0)
    package var height = BlockHeight(0)
    package var index = KeyIndex(0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        address: Address = Address(rawValue: 0), height: BlockHeight = BlockHeight(0), index: KeyIndex = KeyIndex(0),
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.address = address
        self.height = height
        self.index = index
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "block_height", &height)
        try visitor.field(3, "index", &index)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}
