package import Cadence
import FlowClient
package import Signer

/// For whom, with which keys, and how patiently. Durations that wait for the chain follow its block rate.
package struct SubmitterConfiguration: Sendable {
    /// Pays, proposes and authorizes: the account that holds the contracts' operators.
    package var account: Address
    /// Keys of the account, in any order: each account key whose public key one of them has can be used.
    package var signers: [any TransactionSigner]
    /// Cadence of each recipe, imports resolved for the network.
    package var scripts: [Recipe: [UInt8]]
    /// Names this process among others on the same database. A process with the same name takes over at once.
    package var workerID: String

    package var computationLimit: UInt64 = 9_999
    /// Blocks after its reference block in which a transaction can be executed (onflow/flow-go model/flow/constants.go).
    package var expiry: UInt64 = 600
    /// Blocks past the expiry before it is believed.
    package var expiryMargin: UInt64 = 30

    /// After so long without a sign of life another process takes over.
    package var leaseDuration: Duration = .seconds(3)
    package var heartbeat: Duration = .seconds(1)
    /// Between looks at the chain while something is under way.
    package var pollInterval: Duration = .milliseconds(200)
    /// Between looks for work that nobody announced: not-before times, work of the dead.
    package var sweepInterval: Duration = .seconds(1)
    /// Before the same bytes are sent again; doubled each time, up to a minute.
    package var resendAfter: Duration = .seconds(2)
    /// Between readings of the lanes' numbers from the chain.
    package var laneRefresh: Duration = .seconds(300)

    /// Items looked at in one go.
    package var claimLimit = 4_000
    /// Transactions of a recipe that fail in a row before it is held.
    package var failuresBeforeHold = 12
    /// From the beginning of a hold to its first probe; twice as long after each further one.
    package var probePause: Duration = .seconds(60)
    /// Between two looks at the account while it is what holds everything.
    package var accountCheck: Duration = .seconds(5)
    /// How long a lane rests after others have used its key, twice as long after each further time.
    package var laneRest: Duration = .seconds(5)
    package var crash: CrashPoint.Hook = CrashPoint.fromEnvironment()
    /// What all pauses are measured with: it goes neither back nor forth with the wall clock.
    package var now: @Sendable () -> ContinuousClock.Instant = { .now }

    package init(account: Address, signers: [any TransactionSigner], scripts: [Recipe: [UInt8]], workerID: String) {
        self.account = account
        self.signers = signers
        self.scripts = scripts
        self.workerID = workerID
    }
}

extension Recipe {
    /// Every recipe's source with its imports resolved, from the Cadence inside the binary.
    /// Throws `FlowJSONError` where a contract has no address on the network.
    package static func scripts(network: String, contracts: [String: Address] = [:]) throws -> [Recipe: [UInt8]] {
        var scripts: [Recipe: [UInt8]] = [:]
        for recipe in allCases {
            guard let source = CadenceSources.transactions[recipe.rawValue] else {
                throw SubmitterError(.invalidOperation, "there is no transaction \(recipe.rawValue)")
            }
            scripts[recipe] = Array(
                try FlowJSON.project.resolveImports(source, network: network, overrides: contracts).utf8)
        }
        return scripts
    }
}
