import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP

extension Weir {
    static let contractsCommands = [contractsDeployCommand, contractsCheckCommand]

    private static let contractsDeployCommand = Command(
        "contracts deploy", summary: "deploy this project's contracts to the platform's account",
        discussion: """
            Each behind those that it imports, with imports resolved for the network. What is there already and the same is left; \
            what differs is updated, unless the chain would refuse that: then it is said, and nothing at all is sent.
            """,
        options: FlowOptions.connection + KeyOptions.places + TransactionAuthor.options + [
            .flag("dry-run", "say what would be done, and send nothing"), FlowOptions.json,
        ],
        examples: [
            .init(
                "weir contracts deploy --signer payer --address 179b6b1cb6755e31 --node 127.0.0.1:3569", "on a devnet"),
            .init(
                "weir contracts deploy --config /etc/weir/weir.yaml --dry-run", "what the daemon's account would get"),
        ]
    ) { context in
        let author = try await TransactionAuthor.open(context)
        try await withFlow(context) { flow in
            let contracts = try await compared(author.address, flow)
            let refused = contracts.flatMap { contract in contract.refusals.map { "\(contract.name): \($0)" } }
            guard refused.isEmpty else {
                throw FlowFailure(
                    "the chain would refuse this update, and nothing was sent:\n  " + refused.joined(separator: "\n  "),
                    remedy: "deploy to another account; what is stored on chain can't change its shape")
            }
            for contract in contracts {
                guard contract.state != .same else {
                    say(contract, "the same, left", context)
                    continue
                }
                let what = contract.state == .missing ? "deployed" : "updated"
                guard !context.flag("dry-run") else {
                    say(contract, "would be \(what)", context)
                    continue
                }
                let result = try await author.run(
                    "deploy_contract", [.string(contract.name), .string(contract.code)], flow, say: context.printError)
                say(contract, what, context, result)
            }
        }
    }

    private static let contractsCheckCommand = Command(
        "contracts check", summary: "compare this project's contracts with those of the platform's account",
        discussion: """
            Says of each whether it is missing, the same, or differs and where; comments and layout make no difference. Exit status \
            0 where all are the same.
            """,
        options: FlowOptions.connection + [
            .value("address", "ADDRESS", "whose contracts; account.address by default"), FlowOptions.json,
        ],
        examples: [.init("weir contracts check --address 179b6b1cb6755e31 --node 127.0.0.1:3569", "on a devnet")]
    ) { context in
        let given = try SigningInput.address(context, "address")
        try await withFlow(context) { flow in
            guard let address = given ?? flow.settings[Settings.accountAddress] else {
                throw UsageError("--address is needed, or account.address in the configuration: whose contracts?")
            }
            let contracts = try await compared(address, flow)
            for contract in contracts {
                if context.flag("json") {
                    context.print(contract.json.text)
                } else {
                    context.print(contract.words)
                    for refusal in contract.refusals { context.print("  an update would be refused: \(refusal)") }
                }
            }
            guard contracts.allSatisfy({ $0.state == .same }) else { throw ExitCode.failed }
        }
    }

    private static func compared(_ address: Address, _ flow: FlowConnection) async throws -> [ContractComparison] {
        let account = try await Weir.account(address, at: .latest, flow)
        do throws(FlowJSONError) {
            return try ContractComparison.all(
                of: account, network: flow.network, overrides: Wiring.addressOverrides(flow.settings))
        } catch {
            throw FlowFailure("\(error)")
        }
    }

    private static func say(
        _ contract: ContractComparison, _ what: String, _ context: CommandContext, _ result: TransactionResult? = nil
    ) {
        if context.flag("json") {
            context.print(
                JSON.object([
                    .init("contract", JSON(contract.name)), .init("outcome", JSON(what)),
                    .init("transaction", JSON(result?.transactionID.hex)),
                ]).text)
        } else {
            context.print("\(contract.name.padding(to: 18))\(what)")
        }
    }
}

extension ContractComparison {
    fileprivate var json: JSON {
        var members: [JSON.Member] = [.init("contract", JSON(name))]
        switch state {
        case .missing: members.append(.init("state", "missing"))
        case .same: members.append(.init("state", "same"))
        case .differs(let line, let here, let there):
            members += [
                .init("state", "differs"), .init("line", JSON(line)), .init("here", JSON(here)),
                .init("there", JSON(there)),
            ]
        }
        return .object(members + [.init("refusals", .array(refusals.map { JSON($0) }))])
    }
}
