import Cadence
import FlowClient

/// An account, apart from its keys.
struct AccountState: Sendable {
    /// UFix64, scaled by 1e8.
    var balance: UInt64 = 0
    /// The uuid of its FLOW vault.
    var vaultUUID: UInt64 = 0
    var keyCount: UInt32 = 0
    /// Sources by name.
    var contracts: [String: [UInt8]] = [:]
    /// By identifier of the storage path.
    var storage: [String: StoredValue] = [:]
    /// By identifier of the public path.
    var published: [String: IssuedCapability] = [:]
    var issued: [IssuedCapability] = []
    /// Bytes, near enough: what the capacity that FLOW buys is compared with.
    var storageUsed: UInt64 = AccountState.emptyStorage

    /// Of a new account. With what `setup_wallet` stores it makes the 2,050 bytes that were recorded.
    static let emptyStorage: UInt64 = 1000
    static let bytesPerCollection: UInt64 = 525
    static let bytesPerToken: UInt64 = 110
    static let bytesPerListing: UInt64 = 600

    /// One byte for each unit of balance (100 MB a FLOW), none below the minimum of 0.001 FLOW.
    static func capacity(ofBalance balance: UInt64) -> UInt64 { balance < minimumBalance ? 0 : balance }
    static let minimumBalance: UInt64 = 100_000
}

enum StoredValue: Hashable, Sendable {
    /// A collection of that contract's tokens.
    case collection(uuid: UInt64, of: ContractLocation)
    case operatorOf(ContractLocation)
    case storefront(uuid: UInt64, of: ContractLocation)
    /// Anything else: only that the path is taken is known of it.
    case other
}

struct IssuedCapability: Hashable, Sendable {
    var id: UInt64
    /// Identifier of the storage path.
    var target: String
    var borrowType: CadenceType
}

/// A key of an account, by which it is found in the ledger.
struct KeySlot: Hashable, Sendable {
    var address: Address
    var index: KeyIndex
}
