import Cadence
import Daemon
import FlowClient
import Postgres
import Schema

/// Before anything else runs: the tables are this version's, the node answers for the configured chain, and the account's
/// keys there are those that this process signs with. Wrong answers end the start with what to do; a node that does not answer gets a little time.
struct StartCheck: StartStep {
    let name = "start check"
    let pool: PostgresPool
    let api: any AccessAPI
    let chain: ChainID
    /// Where this process signs.
    var account: AccountCheck?
    /// Where this project's contracts should be.
    var contracts: ContractsCheck?
    let logger: Logger
    var patience: Duration = .seconds(10)

    func start() async throws {
        try await Schema.migrator.verify(on: pool)
        let deadline = ContinuousClock.now + patience
        let found = try await answer(by: deadline) { try await api.networkParameters().value }
        guard found == chain else {
            throw StartError("the access node answers for \(found), the configuration says \(chain) (flow.network)")
        }
        if let contracts { try await check(contracts, by: deadline) }
        guard let account else { return }
        let keys: [AccountKey]
        do {
            keys = try await answer(by: deadline) { try await api.accountKeys(account.account, at: .latest).value }
        } catch let error as AccessError where error.code == .notFound {
            throw StartError("there is no account \(account.account) on \(chain) (account.address)")
        }
        let findings = account.findings(keys)
        for warning in findings.warnings { logger.warning(warning) }
        guard findings.problems.isEmpty else { throw StartError(findings.problems.joined(separator: "\n")) }
    }

    struct ContractsCheck: Sendable {
        var address: Address
        var network: String
        var overrides: [String: Address]
        /// Where transactions are made for them: what is missing or another contract ends the start.
        var isRequired: Bool
    }

    private func check(_ wanted: ContractsCheck, by deadline: ContinuousClock.Instant) async throws {
        let found: Account
        do {
            found = try await answer(by: deadline) { try await api.account(wanted.address, at: .latest).value }
        } catch let error as AccessError where error.code == .notFound {
            throw StartError("there is no account \(wanted.address) on \(chain) (account.address, flow.contracts)")
        }
        let wrong = try ContractComparison.all(of: found, network: wanted.network, overrides: wanted.overrides)
            .filter { $0.state != .same }
        guard !wrong.isEmpty else { return }
        let words = "account \(wanted.address): " + wrong.map(\.words).joined(separator: "; ")
        let remedy = "weir contracts deploy brings them there, weir contracts check compares them"
        guard !wanted.isRequired else { throw StartError("\(words)\n\(remedy)") }
        logger.warning("the contracts are not this version's", ["contracts": words, "remedy": remedy])
    }

    private func answer<R: Sendable>(
        by deadline: ContinuousClock.Instant, _ ask: @Sendable () async throws -> R
    ) async throws -> R {
        while true {
            do {
                return try await CallDeadline.$current.withValue(.seconds(3)) { try await ask() }
            } catch let error as AccessError where error.code == .unavailable || error.code == .deadlineExceeded {
                guard ContinuousClock.now < deadline else {
                    throw StartError("no access node answers (flow.nodes): \(error)")
                }
                logger.warning("no access node answers yet", ["error": "\(error)"])
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}

/// Why the daemon did not start, and what would help.
struct StartError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
