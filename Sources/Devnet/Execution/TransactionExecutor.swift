import Cadence
import FlowClient

/// What became of a transaction in its block.
struct TransactionOutcome: Sendable {
    var errorMessage = ""
    var events: [Event] = []
    var computation: UInt64 = 0
    var failed: Bool { !errorMessage.isEmpty }
}

/// Runs a transaction in its block: checks, sequence number, body, limits, fee (onflow/flow-go:fvm/transactionInvoker.go).
struct TransactionExecutor {
    let block: BlockFacts
    let rules: ChainRules

    /// The outcome, with `state` changed by what counts of it: all of a success; of a failure the sequence number and the
    /// fee; of what fails its checks nothing.
    func execute(
        _ transaction: Transaction, id: TransactionID, index: UInt32, program: TransactionProgram,
        on state: inout LedgerState
    ) -> TransactionOutcome {
        do {
            let verifier = TransactionVerifier(state: state)
            do {
                try verifier.verify(transaction)
            } catch {
                throw Failed(error, "transaction verification failed")
            }
            do {
                try verifier.checkSequenceNumber(transaction)
            } catch {
                throw Failed(error, "checking sequence number failed")
            }
        } catch let failed as Failed {
            return TransactionOutcome(errorMessage: failed.message)
        } catch {
            preconditionFailure("\(error)")
        }
        let proposal = transaction.proposalKey
        state.keys[KeySlot(address: proposal.address, index: proposal.keyIndex)]?.sequenceNumber = SequenceNumber(
            proposal.sequenceNumber.rawValue + 1)

        let script = ProgramSource(text: String(decoding: transaction.script, as: UTF8.self), location: id.hex)
        let execution = Execution(
            state: state, block: block, transactionIndex: index, script: script,
            computationLimit: transaction.computationLimit,
            limitsEvents: transaction.payer != CoreContracts.serviceAddress, weights: rules.weights)
        var outcome = TransactionOutcome()
        do {
            try checkRestrictions(transaction)
            try checkPayer(transaction.payer, in: execution)
            try run(transaction, program: program, in: execution)
            try checkStorage(of: transaction, in: execution)
        } catch let failed as Failed {
            outcome.errorMessage = failed.message
            execution.rollBack(to: state)
        } catch {
            preconditionFailure("only Failed is thrown: \(error)")
        }
        if rules.fees != nil {
            // A fee never fails: it takes what there is.
            try? FlowFeesContract(execution: execution).deduct(from: transaction.payer, rules)
        }
        state = execution.state
        outcome.computation = UInt64(execution.computation.rounded())
        outcome.events = execution.events(of: id, transactionIndex: index)
        return outcome
    }

    private struct Failed: Error {
        var message: String
        init(_ failure: ExecutionFailure, _ stage: String) { message = failure.message(stage: stage) }
    }

    private func checkRestrictions(_ transaction: Transaction) throws {
        let restricted = ([transaction.payer] + transaction.authorizers).first { rules.restrictedAccounts.contains($0) }
        guard let restricted else { return }
        throw Failed(
            ExecutionFailure(ChainRules.restrictedCode, "account \(restricted.hex) is restricted"),
            "transaction execute failed")
    }

    /// The least balance, and the highest fee where fees are taken (onflow/flow-go:fvm/transactionPayerBalanceChecker.go).
    private func checkPayer(_ payer: Address, in execution: Execution) throws {
        guard rules.checksPayerBalance, payer != CoreContracts.serviceAddress else { return }
        let needed = AccountState.minimumBalance + rules.fee(for: execution.computationLimit)
        guard execution.state.accounts[payer]?.balance ?? 0 < needed else { return }
        throw Failed(
            ExecutionFailure(
                1118,
                "payer \(payer.hex) has insufficient balance to attempt transaction execution (required balance: "
                    + "\(UFix64(rawValue: needed)))"), "transaction execute failed")
    }

    private func run(_ transaction: Transaction, program: TransactionProgram, in execution: Execution) throws {
        let location = execution.script.location
        do {
            try checkProgram(program, in: execution)
            try program.header.checkCounts(
                arguments: transaction.arguments.count, authorizers: transaction.authorizers.count, location: location)
        } catch let failure as ExecutionFailure {
            throw Failed(failure, "transaction preprocess failed")
        }
        do {
            let arguments = try program.header.check(transaction.arguments, location: location)
            switch program.body {
            case .recipe(let recipe):
                let cost = recipe.cost(by: rules.weights)
                try execution.spend(cost.base)
                try recipe.run(
                    RecipeCall(
                        execution: execution, arguments: arguments, authorizers: transaction.authorizers,
                        imports: program.imports, cost: cost))
            case .taught(let taught):
                try taught.run(ProgramCall(execution: execution, signer: transaction.authorizers.first))
            case .unknown: preconditionFailure("checked before")
            }
        } catch let failure as ExecutionFailure {
            throw Failed(failure, "transaction execute failed")
        }
    }

    /// Imports that are there, types that fit, and a script that the devnet knows.
    private func checkProgram(_ program: TransactionProgram, in execution: Execution) throws {
        let script = execution.script
        if let name = program.unresolved { throw ExecutionFailure.invalidLocation(name) }
        for (name, address) in program.imports.sorted(by: { $0.key < $1.key })
        where !execution.state.hasContract(ContractLocation(address, name)) {
            throw ProgramErrors.missingImport(name, from: address, script: script)
        }
        switch program.body {
        case .taught(let taught): try taught.check(ProgramCall(execution: execution, signer: nil))
        case .unknown: throw ProgramErrors.unknown(script, kind: "transaction")
        default: break
        }
    }

    /// What accounts store, against what their FLOW buys. The payer is looked at as if it had paid its fee already.
    private func checkStorage(of transaction: Transaction, in execution: Execution) throws {
        for address in execution.touched.union([transaction.payer]).sorted() {
            guard let account = execution.state.accounts[address] else { continue }
            let fee = address == transaction.payer ? rules.fee(for: transaction.computationLimit) : 0
            let capacity = AccountState.capacity(ofBalance: account.balance - min(account.balance, fee))
            guard account.storageUsed > capacity, address != CoreContracts.flowFees.address else { continue }
            throw Failed(
                ExecutionFailure(
                    1103,
                    "The account with address (\(address.hex)) uses \(account.storageUsed) bytes of storage which is over its "
                        + "capacity (\(capacity) bytes). Capacity can be increased by adding FLOW tokens to the account."
                ),
                "storage limit check failed")
        }
    }
}

/// Errors of a program as a whole, for transactions and scripts alike.
enum ProgramErrors {
    static func missingImport(_ name: String, from address: Address, script: ProgramSource) -> ExecutionFailure {
        let note =
            "available exported declarations are:\n\n\n  See documentation at: https://cadence-lang.org/docs/language/imports"
        let excerpt = SourceExcerpt(of: name, in: script.text, location: script.location, note: note)
        return .cadence("cannot find declaration `\(name)` in `\(address.hex).\(name)`", frames: [excerpt])
    }

    static func mismatch(expected: String, got: String, expression: String, script: ProgramSource) -> ExecutionFailure {
        let note =
            "expected `\(expected)`, got `\(got)`; check the expression's type or convert it to the expected type\n\n"
            + "  See documentation at: https://cadence-lang.org/docs/language/values-and-types"
        let excerpt = SourceExcerpt(of: expression, in: script.text, location: script.location, note: note)
        return .cadence("mismatched types", frames: [excerpt])
    }

    static func unknown(_ script: ProgramSource, kind: String) -> ExecutionFailure {
        .cadence(
            "this devnet does not run Cadence: it knows the project's own \(kind)s by their text, and this is none of them",
            program: script.location)
    }
}

extension Execution {
    func events(of id: TransactionID, transactionIndex: UInt32) -> [Event] {
        events.enumerated().map { index, pending in
            var event = Event()
            event.type = pending.type
            event.transactionID = id
            event.transactionIndex = transactionIndex
            event.eventIndex = UInt32(index)
            event.payload = pending.payload
            return event
        }
    }
}
