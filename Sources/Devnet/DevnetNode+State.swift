public import Cadence
public import FlowClient

extension DevnetNode {
    public func account(_ address: Address, at state: StateReference) async throws -> Reply<Account> {
        try await answer(.accounts) { shared in
            try Self.checkAddress(address)
            guard let account = try shared.state(at: state).account(address) else { throw Self.noAccount(address) }
            return account
        }
    }

    public func accountBalance(_ address: Address, at state: StateReference) async throws -> Reply<UInt64> {
        try await answer(.accounts) { shared in
            try Self.checkAddress(address)
            guard let account = try shared.state(at: state).accounts[address] else { throw Self.noAccount(address) }
            return account.balance
        }
    }

    public func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]> {
        try await answer(.accounts) { shared in
            try Self.checkAddress(address)
            let state = try shared.state(at: state)
            guard state.accounts[address] != nil else { throw Self.noAccount(address) }
            return state.keys(of: address)
        }
    }

    public func accountKey(_ address: Address, index: KeyIndex, at state: StateReference) async throws -> Reply<
        AccountKey
    > {
        try await answer(.accounts) { shared in
            try Self.checkAddress(address)
            let state = try shared.state(at: state)
            guard let key = state.keys[KeySlot(address: address, index: index)] else {
                throw AccessError(.notFound, "failed to get account key by index: \(index)")
            }
            return key
        }
    }

    public func executeScript(
        _ script: [UInt8], arguments: [[UInt8]], at block: BlockReference
    ) async throws -> Reply<[UInt8]> {
        guard block != .latestFinalized else {
            throw AccessError(.invalidArgument, "scripts run against executed blocks: sealed, by height or by id")
        }
        let reply = try await answer(.scripts) { [style = configuration.style] shared in
            let found: BlockRecord
            do throws(AccessError) {
                found = try shared.find(block)
            } catch {
                // The emulator's answer to a script, where a block that is not there is otherwise not found.
                throw AccessError(style == .emulator ? .invalidArgument : .notFound, error.message)
            }
            return ScriptRunner(
                state: try shared.state(of: found), block: found.facts, generated: shared.chain.generated)
        }
        // Outside of the lock: a script reads a state that nobody changes any more.
        do throws(ExecutionFailure) {
            return Reply(try reply.value.run(script, arguments: arguments), metadata: reply.metadata)
        } catch {
            throw AccessError(.invalidArgument, error.message(stage: nil))
        }
    }

    public func registerValues(_ ids: [RegisterID], at height: BlockHeight) async throws -> Reply<[[UInt8]]> {
        throw AccessError(.unimplemented, "a devnet has no registers")
    }

    private static func checkAddress(_ address: Address) throws(AccessError) {
        guard address.isValid(on: .emulator) else {
            throw AccessError(
                .invalidArgument,
                "invalid address: rpc error: code = InvalidArgument desc = address \(address.hex) is invalid for chain "
                    + "\(ChainID.emulator)")
        }
    }

    private static func noAccount(_ address: Address) -> AccessError {
        AccessError(.notFound, "account not found for address \(address.hex)")
    }
}
