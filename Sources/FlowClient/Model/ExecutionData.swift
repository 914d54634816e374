public import Cadence

public struct BlockExecutionData: Hashable, Sendable {
    public var blockID = BlockID.zero
    /// In order; the last one is the system chunk.
    public var chunks: [ChunkExecutionData] = []
    public init() {}
}

public struct ChunkExecutionData: Hashable, Sendable {
    public var transactions: [Transaction] = []
    public var events: [Event] = []
    public var trieUpdate: TrieUpdate?
    public var transactionResults: [ExecutionDataTransactionResult] = []
    public init() {}
}

public struct TrieUpdate: Hashable, Sendable {
    public var rootHash: [UInt8] = []
    public var paths: [[UInt8]] = []
    public var payloads: [Payload] = []
    public init() {}

    public struct Payload: Hashable, Sendable {
        public var keyParts: [KeyPart] = []
        public var value: [UInt8] = []
        public init() {}
    }

    public struct KeyPart: Hashable, Sendable {
        public var type: UInt32 = 0
        public var value: [UInt8] = []
        public init() {}
    }
}

public struct ExecutionDataTransactionResult: Hashable, Sendable {
    public var transactionID = TransactionID.zero
    public var failed = false
    public var computationUsed: UInt64 = 0
    public init() {}
}

public struct RegisterID: Hashable, Sendable {
    public var owner: [UInt8]
    public var key: [UInt8]
    public init(owner: [UInt8], key: [UInt8]) {
        self.owner = owner
        self.key = key
    }
}

/// One message of an execution-data stream.
public struct ExecutionDataMessage: Hashable, Sendable {
    public var blockHeight: BlockHeight = 0
    public var blockTimestamp: Timestamp?
    public var executionData = BlockExecutionData()
    public init() {}
}

/// Event type or contract or address, any of them; empty is everything. A contract is `A.<address>.<Name>`.
public struct EventFilter: Hashable, Sendable {
    public var eventTypes: [String]
    public var contracts: [String]
    public var addresses: [String]
    public init(eventTypes: [String] = [], contracts: [String] = [], addresses: [String] = []) {
        self.eventTypes = eventTypes
        self.contracts = contracts
        self.addresses = addresses
    }
}

/// One message of an event stream: a block with matches, or a heartbeat without.
public struct EventsMessage: Hashable, Sendable {
    public var blockID = BlockID.zero
    public var blockHeight: BlockHeight = 0
    public var blockTimestamp = Timestamp(seconds: 0)
    public var events: [Event] = []
    /// From 0, by one a message; a gap is a loss.
    public var messageIndex: UInt64 = 0
    public init() {}
}

public struct AccountStatusFilter: Hashable, Sendable {
    public var eventTypes: [String]
    public var addresses: [Address]
    public init(eventTypes: [String] = [], addresses: [Address] = []) {
        self.eventTypes = eventTypes
        self.addresses = addresses
    }
}

public struct AccountStatusesMessage: Hashable, Sendable {
    public var blockID = BlockID.zero
    public var blockHeight: BlockHeight = 0
    public var messageIndex: UInt64 = 0
    public var results: [AccountEvents] = []
    public init() {}

    public struct AccountEvents: Hashable, Sendable {
        public var address = Address(rawValue: 0)
        public var events: [Event] = []
        public init() {}
    }
}
