import Cadence
import FlowClient

/// What scripts answer, after a block. Batches are bounded by the caller.
struct ChainWord: Sendable {
    let api: any AccessAPI
    let scripts: ReconciliationScripts
    let contracts: TrackedContracts
    let height: BlockHeight

    /// Passes and collectibles of accounts; one that is not set up holds nothing.
    func holdings(_ addresses: [Address]) async throws -> [TokenKey: Owner] {
        let answer = try await run(scripts.holdings, .array(CadenceArray(addresses.map { .address($0) })))
        var owners: [TokenKey: Owner] = [:]
        for holding in try answer.decoded(as: [CadenceComposite].self) {
            let address: Address = try holding.required("address")
            let passes: [UInt64]? = try holding.required("passes")
            let collectibles: [UInt64]? = try holding.required("collectibles")
            for token in tokens(passes ?? [], collectibles ?? []) {
                let treasury = token.type == contracts.passType ? contracts.pass : contracts.collectible
                owners[token] = address == treasury ? .treasury(address) : .wallet(address)
            }
        }
        return owners
    }

    /// Of these passes, those that an account has: bounded, however many it holds.
    func passes(_ ids: [UInt64], of address: Address) async throws -> Set<UInt64> {
        let ids = CadenceValue.array(CadenceArray(ids.map { .uint64($0) }))
        return Set(try await run(scripts.holds, .address(address), ids).decoded(as: [UInt64].self))
    }

    func lockers(_ holders: [String]) async throws -> [TokenKey: Owner] {
        let answer = try await run(scripts.lockers, .array(CadenceArray(holders.map { .string($0) })))
        var owners: [TokenKey: Owner] = [:]
        for (holder, held) in try answer.decoded(as: [String: [[UInt64]]].self) {
            guard held.count == 2 else {
                throw IndexerError(.badAnswer, "a locker of \(held.count) kinds", height: height)
            }
            for token in tokens(held[0], held[1]) { owners[token] = .locker(holder: holder) }
        }
        return owners
    }

    /// What a storefront has for sale: listing to token.
    func listings(of storefront: Address) async throws -> [UInt64: UInt64] {
        try await run(scripts.listings, .address(storefront)).decoded(as: [UInt64: UInt64].self)
    }

    private func tokens(_ passes: [UInt64], _ collectibles: [UInt64]) -> [TokenKey] {
        passes.map { TokenKey(type: contracts.passType ?? "", id: $0) }
            + collectibles.map { TokenKey(type: contracts.collectibleType ?? "", id: $0) }
    }

    private func run(_ script: [UInt8], _ arguments: CadenceValue...) async throws -> CadenceValue {
        let answer = try await api.executeScript(
            script, arguments: arguments.map { JSONCDC.encode($0) }, at: .height(height)
        ).value
        do {
            return try JSONCDC.decode(answer)
        } catch {
            throw IndexerError(.badAnswer, "a script's answer can't be read", height: height, cause: error)
        }
    }
}
