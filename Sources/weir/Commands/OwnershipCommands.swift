import Cadence
import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import Indexer
import PlatformBridge
import Postgres

extension Weir {
    static let ownershipCommands = [ownersCommand, holdingsCommand, holdersCommand, historyCommand]

    private static let at = Command.Option.value("at", "HEIGHT", "after this block; default: the last one indexed")
    private static let contract = Command.Option.value(
        "contract", "TYPE", "NovaPass, NovaCollectible or a type id; default: NovaPass")

    private static let ownersCommand = Command(
        "owners", summary: "who owns tokens, now or at a past height",
        discussion: """
            From the index, with the block that the answer holds for. A token that nobody has says so; where the index can't know, \
            the command says why and ends with exit status 1.
            """,
        arguments: [.rest("ID", "token ids")],
        options: [contract, at, .flag("json", "an object a line")],
        examples: [
            .init("weir owners 35184372088833", "of a pass"),
            .init("weir owners 17 18 --contract A.0b2a3299cc857e29.TopShot.NFT --at 130290700", "at a height"),
        ],
        usesConfiguration: true
    ) { context in
        let ids = try context.rest("ID").map { text in
            guard let id = UInt64(text) else { throw UsageError("ID: \(text) is no token id") }
            return id
        }
        guard !ids.isEmpty else { throw UsageError("ID: say which token") }
        try await withOwnership(context) { reader, contracts, height in
            let type = try tokenType(context, contracts)
            for id in ids {
                let answer = try await reader.owner(of: TokenKey(type: type, id: id), at: height)
                if context.flag("json") {
                    context.print(answer.json { ["id": JSON(id), "token": $0?.json ?? .null] }.text)
                } else {
                    context.print(
                        "\(id) \(answer.value.map { "\($0.owner.words), since height \($0.from.height)" } ?? "nobody") (height \(answer.height))"
                    )
                }
            }
        }
    }

    private static let holdingsCommand = Command(
        "holdings", summary: "what a wallet or a locker holds, now or at a past height",
        arguments: [.required("OWNER", "an address, or locker:HOLDER")],
        options: [contract, at, .flag("json", "an object a line")],
        examples: [
            .init("weir holdings 0x01cf0e2f2f715450", "a wallet"), .init("weir holdings locker:user-7", "a locker"),
        ],
        usesConfiguration: true
    ) { context in
        let text = context.argument("OWNER")
        try await withOwnership(context) { reader, contracts, height in
            guard let asked = Owner(asked: text) else {
                throw UsageError("OWNER: \(text) is neither an address nor locker:HOLDER")
            }
            let owner = asked.address.map { contracts.owner(at: $0) } ?? asked
            let type = context.option("contract") == nil ? nil : try tokenType(context, contracts)
            var page = PageRequest(limit: 1000)
            var count = 0
            repeat {
                let answer = try await reader.holdings(of: owner, type: type, at: height, page: page)
                for held in answer.value.items {
                    count += 1
                    let group = held.group.map { ", of \($0)" } ?? ""
                    context.print(context.flag("json") ? held.json.text : "\(held.token.id) \(held.token.type)\(group)")
                }
                if page.cursor == nil { say(answer.gaps, context) }
                page.cursor = answer.value.next
                if page.cursor == nil { context.printError("\(count) tokens at height \(answer.height)") }
            } while page.cursor != nil
        }
    }

    private static let holdersCommand = Command(
        "holders", summary: "who holds tokens of a pass, a collectible or a contract, and how many",
        arguments: [.required("GROUP", "a pass's or collectible's id, or the type id of a contract without such")],
        options: [
            .value("minimum", "N", "of at least so many (default 1)"), at, .flag("csv", "with a header line"),
        ],
        examples: [
            .init("weir holders 6gCmCPbHqmMAsbNmZCsrvx --minimum 2", "eligible for a drop"),
            .init("weir holders 6gCmCPbHqmMAsbNmZCsrvx --at 130290700 --csv > holders.csv", "as of a height"),
        ],
        usesConfiguration: true
    ) { context in
        let minimum = try context.option("minimum", as: .integer(1...1_000_000)) ?? 1
        try await withOwnership(context) { reader, _, height in
            if context.flag("csv") { context.print("kind,owner,tokens") }
            var page = PageRequest(limit: 1000)
            var (count, tokens) = (0, 0)
            repeat {
                let answer = try await reader.holders(
                    of: context.argument("GROUP"), minimum: minimum, at: height, page: page)
                for holder in answer.value.items {
                    (count, tokens) = (count + 1, tokens + holder.count)
                    context.print(
                        context.flag("csv")
                            ? SnapshotLine(holder.owner, holder.count).text
                            : "\(holder.count)".padding(to: 8) + holder.owner.words)
                }
                if page.cursor == nil { say(answer.gaps, context) }
                page.cursor = answer.value.next
                if page.cursor == nil {
                    context.printError("\(count) holders of \(tokens) tokens at height \(answer.height)")
                }
            } while page.cursor != nil
        }
    }

    private static let historyCommand = Command(
        "history", summary: "who has ever owned a token",
        arguments: [.required("ID", "the token's id")],
        options: [contract, .flag("json", "one object")],
        examples: [.init("weir history 35184372088833", "from its mint on")],
        usesConfiguration: true
    ) { context in
        guard let id = UInt64(context.argument("ID")) else { throw UsageError("ID: it is no token id") }
        try await withOwnership(context, isOfAHeight: false) { reader, contracts, _ in
            let answer = try await reader.history(of: TokenKey(type: try tokenType(context, contracts), id: id))
            guard let history = answer.value else { throw FlowFailure("no token \(id) has been seen") }
            for span in history.spans {
                let until = span.to.map { "to height \($0.height)" } ?? "still"
                context.print(
                    context.flag("json")
                        ? span.json.text
                        : "from height \(span.from.height) \(until)".padding(to: 44) + span.owner.words)
            }
            if let height = history.destroyedHeight, !context.flag("json") {
                context.print("destroyed at height \(height)")
            }
        }
    }

    static func withOwnership(
        _ context: CommandContext, isOfAHeight: Bool = true,
        _ body: (OwnershipReader, TrackedContracts, HeightQuestion) async throws -> Void
    ) async throws {
        let height = isOfAHeight ? try context.option("at", as: FlowArgument.height) : nil
        try await withTables(context) { pool, configuration in
            let contracts = try Wiring.contracts(configuration, Wiring.addresses(configuration))
            try await body(OwnershipReader(pool: pool), contracts, height.map { .at($0) } ?? .latest)
        }
    }

    private static func tokenType(_ context: CommandContext, _ contracts: TrackedContracts) throws -> String {
        switch context.option("contract") ?? "NovaPass" {
        case "NovaPass": if let type = contracts.passType { return type }
        case "NovaCollectible": if let type = contracts.collectibleType { return type }
        case let name: if contracts.tokenTypes.contains(name) { return name }
        }
        throw UsageError("--contract: one of \(contracts.tokenTypes.joined(separator: ", "))")
    }

    /// What an answer can't know.
    static func say(_ gaps: [Coverage], _ context: CommandContext) {
        for gap in gaps {
            context.printError(
                "\(gap.track) is known from height \(gap.from) on alone: weir backfill fills in what came before")
        }
    }
}

extension Owner {
    var words: String {
        switch self {
        case .wallet(let address): "0x\(address.hex)"
        case .treasury(let address): "treasury 0x\(address.hex)"
        case .locker(let holder): "locker \(holder)"
        case .limbo: "in no account"
        }
    }
}
