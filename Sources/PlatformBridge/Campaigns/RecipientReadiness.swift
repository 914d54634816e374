package import Cadence
package import FlowClient

/// Whether accounts can take what is sent to them: whether they have a collection for it. The chain's own word.
package struct RecipientReadiness: Sendable {
    let api: any AccessAPI
    /// cadence/scripts/holdings.cdc, with its imports resolved.
    let script: [UInt8]

    /// Accounts a script. An account that was asked too much of alone has more tokens than a script can list: it is set up.
    private static let accountsAtOnce = 100

    /// - Throws: `FlowJSONError` for a contract without an address.
    package init(api: any AccessAPI, contractAddresses addresses: [String: Address]) throws {
        self.api = api
        guard let source = CadenceSources.scripts["holdings"] else {
            throw AccessError(.internal, "there is no script holdings")
        }
        script = Array(try CadenceImports.resolve(source, addresses: addresses).utf8)
    }

    package func sealedHeight() async throws -> BlockHeight { try await api.blockHeader(.latestSealed).value.height }

    /// Those of the accounts that can take it, after that block. Throws where the chain could not be asked.
    package func ready(
        _ accounts: [Address], for kind: Sweep.DropKind, at height: BlockHeight
    ) async throws -> Set<Address> {
        var ready: Set<Address> = []
        for batch in accounts.batches(of: Self.accountsAtOnce) {
            for (asked, answer) in try await askInHalves(batch, { try await self.ask($0, kind, height) }) {
                ready.formUnion(answer ?? Set(asked))
            }
        }
        return ready
    }

    private func ask(_ accounts: [Address], _ kind: Sweep.DropKind, _ height: BlockHeight) async throws -> Set<Address>
    {
        let argument = CadenceValue.array(CadenceArray(accounts.map { .address($0) }))
        let answer = try await api.executeScript(script, arguments: [JSONCDC.encode(argument)], at: .height(height))
            .value
        var ready: Set<Address> = []
        for holding in try JSONCDC.decode(answer).decoded(as: [CadenceComposite].self) {
            let tokens: [UInt64]? = try holding.required(kind == .pass ? "passes" : "collectibles")
            if tokens != nil { ready.insert(try holding.required("address")) }
        }
        return ready
    }
}
