import Cadence
import Encoding
public import FlowClient
public import Signer

/// Sets a new chain up: the platform's account, its contracts and its proposal keys, and wallets for users. What is there
/// already is left as it is, so it can be run at every start.
public struct DevnetBootstrap: Sendable {
    public var client: DevnetClient
    public var service: DevnetAccount

    /// - Parameter serviceSigner: of the key that the devnet was configured with.
    public init(api: any AccessAPI, serviceSigner: any TransactionSigner) {
        client = DevnetClient(api: api)
        service = .service(serviceSigner)
    }

    /// The platform's account: a key of full weight, `proposalKeys` more of none behind it, the three contracts, and FLOW.
    /// It is the first account that is created on a chain, which is where flow.json says that the contracts are.
    public func platform(
        signer: any TransactionSigner, proposalKeys: Int, flow: UInt64 = 100_000
    ) async throws -> DevnetAccount {
        guard let address = client.contracts["NovaPass"] else {
            throw DevnetClientError("flow.json does not say where NovaPass is")
        }
        let platform: DevnetAccount
        if let existing = try await account(at: address) {
            guard existing.keys.first?.publicKey == signer.publicKey.bytes else {
                throw DevnetClientError("account \(address) is there already, with another key")
            }
            platform = DevnetAccount(address: address, signer: signer)
        } else {
            platform = try await makeAccount(signer: signer, flow: flow)
            guard platform.address == address else {
                throw DevnetClientError(
                    "the platform's account is \(platform.address) and not \(address): the chain is not new")
            }
        }
        let now = try await client.api.account(address, at: .latest).value
        for name in ["NovaBrand", "NovaPass", "NovaCollectible"] where now.contracts[name] == nil {
            let code = try CadenceImports.resolve(CadenceSources.contracts[name]!, addresses: client.contracts)
            try await client.succeed("deploy_contract", [.string(name), .string(code)], by: platform)
        }
        let missing = proposalKeys - (now.keys.count - 1)
        if missing > 0 { try await client.succeed("add_proposal_keys", [.int(BigInt(missing))], by: platform) }
        return platform
    }

    /// A user's account with one key, some FLOW, and collections for passes and collectibles.
    public func wallet(signer: any TransactionSigner, flow: UInt64 = 100) async throws -> DevnetAccount {
        let wallet = try await makeAccount(signer: signer, flow: flow)
        try await client.succeed("setup_wallet", by: wallet)
        return wallet
    }

    /// A new account with one key of full weight and so much FLOW.
    public func makeAccount(signer: any TransactionSigner, flow: UInt64) async throws -> DevnetAccount {
        let created = try await client.succeed(
            "create_account",
            [
                Self.array([.string(Hex.encode(signer.publicKey.bytes))]),
                Self.array([.uint8(signer.publicKey.algorithm.cadenceCode.rawValue)]),
                Self.array([.uint8(signer.hashAlgorithm.cadenceCode.rawValue)]),
                Self.array([.ufix64(100_000_000_000)]),
            ], by: service)
        guard let event = created.events.first(where: { $0.type == "flow.AccountCreated" }),
            case .composite(let composite) = try JSONCDC.decode(event.payload),
            case .address(let address) = composite["address"]
        else { throw DevnetClientError("the node did not say which account it created") }
        if flow > 0 {
            try await client.succeed("transfer_flow", [.ufix64(flow * 100_000_000), .address(address)], by: service)
        }
        return DevnetAccount(address: address, signer: signer)
    }

    private func account(at address: Address) async throws -> Account? {
        do {
            return try await client.api.account(address, at: .latest).value
        } catch let error as AccessError where error.code == .notFound {
            return nil
        }
    }

    private static func array(_ values: [CadenceValue]) -> CadenceValue { .array(CadenceArray(values)) }
}
