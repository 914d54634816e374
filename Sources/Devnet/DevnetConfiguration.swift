public import FlowClient
public import Signer

/// How a devnet behaves.
public struct DevnetConfiguration: Sendable {
    /// Whose manners it has where the emulator and a public node differ.
    public enum Style: Sendable {
        /// Validation errors come as `internal`, a duplicate is an error, results say no computation, no node version, no
        /// head beside an answer, ranges of events beyond the head are empty, and no range is too long.
        case emulator
        /// Validation errors come as `invalidArgument`, a duplicate is taken in silence, what is left too old to be included
        /// is refused 30 blocks early, a range of events beyond the sealed head is `outOfRange`, one of more than 250
        /// heights `invalidArgument`.
        case publicNode
    }

    /// When a block is made.
    public enum BlockMaking: Hashable, Sendable {
        /// At this pace, with transactions or without.
        case paced(Duration)
        /// Whenever a transaction has come in, as the emulator does without a block time.
        case everyTransaction
        /// By `makeBlock()` alone.
        case onDemand
    }

    public var style = Style.emulator
    public var blockMaking = BlockMaking.everyTransaction
    /// How many blocks after its reference block a transaction can be included.
    public var expiry: UInt64 = 600
    /// How many blocks the sealed head is behind the finalized one.
    public var sealLag: UInt64 = 0
    /// Of the first block on.
    public var rules = ChainRules()
    /// For how many of the latest heights accounts and scripts can be asked about. Unbounded where nil: states share what
    /// they have in common, and empty blocks cost nothing.
    public var stateHistory: Int?
    /// Of what its faults leave to chance.
    public var seed: UInt64 = 1
    /// How many transactions one block takes; the rest wait.
    public var transactionsPerBlock = 1000

    /// What it runs besides the project's own transactions, by what stands in the one block of a transaction; nil where it
    /// is not known. Nothing by default.
    package var programs: Programs = { _ in nil }
    package typealias Programs = @Sendable (_ block: String) -> TaughtProgram?

    /// The key of the service account, of full weight.
    public var servicePublicKey: PublicKey
    public var serviceHash: HashAlgorithm
    /// Seconds since 1970 and nanoseconds: the time of the next block. The wall clock by default.
    public var now: @Sendable () -> Timestamp = { Timestamp.now() }
    /// The file to which blocks and accepted transactions are appended, and from which they are executed again at start.
    /// Nil: nothing outlives the process.
    public var journalPath: String?

    public init(
        servicePublicKey: PublicKey, serviceHash: HashAlgorithm = .sha3_256,
        blockMaking: BlockMaking = .everyTransaction
    ) {
        self.servicePublicKey = servicePublicKey
        self.serviceHash = serviceHash
        self.blockMaking = blockMaking
    }
}
