import Cadence
import Encoding
import FlowClient

/// Answers scripts from a state of the ledger: the project's own, known by their text, and a few of one line.
struct ScriptRunner {
    let state: LedgerState
    let block: BlockFacts
    var generated: GeneratedHistory?

    /// JSON-CDC with the newline that the chain's encoder ends with.
    func run(_ script: [UInt8], arguments: [[UInt8]]) throws(ExecutionFailure) -> [UInt8] {
        let source = ProgramSource(text: String(decoding: script, as: UTF8.self), location: SHA3.hash256(script).hex)
        if let name = CadenceImports.unresolvedName(in: script) { throw .invalidLocation(name) }
        let imports = CadenceImports.unresolve(source.text).addresses
        for (name, address) in imports.sorted(by: { $0.key < $1.key })
        where !state.hasContract(ContractLocation(address, name)) {
            throw ProgramErrors.missingImport(name, from: address, script: source)
        }
        guard source.text.contains(where: { !$0.isWhitespace }) else {
            throw .cadence("missing entry point: expected function `main`", program: source.location)
        }
        guard let header = ScriptHeader(source.text), let program = Program(source.text) else {
            throw ProgramErrors.unknown(source, kind: "script")
        }
        try header.checkCounts(arguments: arguments.count, authorizers: nil, location: source.location)
        let values = try header.check(arguments, location: source.location)
        if let generated, let wallet = Self.addresses(in: values).first(where: { generated.isWallet($0) }) {
            throw .cadence(
                "account \(wallet.hex) is of the generated history, of which there are events and no state",
                program: source.location)
        }
        let result = try answer(program, values, imports: imports, source: source)
        return JSONCDC.encode(result) + [0x0a]
    }

    private static func addresses(in values: [CadenceValue]) -> [Address] {
        values.flatMap { value -> [Address] in
            switch value {
            case .address(let address): [address]
            case .array(let array): addresses(in: array.elements)
            default: []
            }
        }
    }

    private enum Program {
        case holdings, holds, listings, lockers
        /// Whether an account's keys signed a text, as flow-py-sdk asks.
        case verifySignatures
        case height, void, sum
        case constant(Int64)
        case argument
        case argumentPlus(Int64)
        case panic(String, expression: String)
        /// A text where an `Int` is declared.
        case mismatch(expression: String)
        /// It ends when memory does, with the statement that it goes round.
        case endless(expression: String)

        /// The project's own, by their tokens.
        private static let own: [[UInt8]: Program] = {
            let all: [(String, Program)] = [
                ("holdings", .holdings), ("holds", .holds), ("listings", .listings), ("lockers", .lockers),
            ]
            return Dictionary(
                uniqueKeysWithValues: all.map { (CadenceImports.canonical(CadenceSources.scripts[$0.0]!)!, $0.1) })
        }()

        /// By the SHA3-256 of its tokens.
        private static let ofClients: [String: Program] = [
            "0e1749a50dee5bb7826f2359f061f7d634ac01edd436c6f0ba8c4b46e9ab4921": .verifySignatures
        ]

        init?(_ source: String) {
            if let tokens = CadenceImports.canonical(source),
                let known = Self.own[tokens] ?? Self.ofClients[SHA3.hash256(tokens).hex]
            {
                self = known
                return
            }
            switch source {
            case "access(all) fun main(): UInt64 { return getCurrentBlock().height }": self = .height
            case "access(all) fun main() {}": self = .void
            case "access(all) fun main(a: Int, b: Int): Int { return a + b }": self = .sum
            case "access(all) fun main(a: Int): Int { return a }": self = .argument
            default:
                if let match = source.wholeMatch(of: /access\(all\) fun main\(\): Int \{ return (-?[0-9]{1,18}) \}/) {
                    self = .constant(Int64(match.1) ?? 0)
                } else if let match = source.wholeMatch(
                    of: /access\(all\) fun main\(a: Int\): Int \{ return a \+ ([0-9]{1,18}) \}/)
                {
                    self = .argumentPlus(Int64(match.1) ?? 0)
                } else if let match = source.wholeMatch(
                    of: /access\(all\) fun main\(\): Int \{ (panic\("([^"]*)"\)) \}/)
                {
                    self = .panic(String(match.2), expression: String(match.1))
                } else if let match = source.wholeMatch(
                    of: /access\(all\) fun main\(\): Int \{ return ("[^"]*") \}/)
                {
                    self = .mismatch(expression: String(match.1))
                } else if let match = source.wholeMatch(
                    of:
                        /access\(all\) fun main\(\): Int \{ var ([a-z]) = 0; while true \{ \1 = (\1 \+ 1) \}; return \1 \}/
                ) {
                    self = .endless(expression: String(match.2))
                } else {
                    return nil
                }
            }
        }
    }

    private func answer(
        _ program: Program, _ arguments: [CadenceValue], imports: [String: Address], source: ProgramSource
    ) throws(ExecutionFailure) -> CadenceValue {
        let passes = ContractLocation(imports["NovaPass"] ?? Address(rawValue: 0), "NovaPass")
        let collectibles = ContractLocation(imports["NovaCollectible"] ?? Address(rawValue: 0), "NovaCollectible")
        switch program {
        case .holdings:
            return .array(
                CadenceArray(
                    Self.array(arguments[0]).map { value in
                        holdings(
                            RecipeCall.address(value), passes, collectibles, structure: "s.\(source.location).Holdings")
                    }))
        case .holds:
            let path = NovaPassContract.publicPath
            let collection = state.publishedCollection(at: path, of: passes, in: RecipeCall.address(arguments[0]))
            let held = collection.flatMap { state.collections[$0]?.tokens }
            return Self.ids(Self.array(arguments[1]).map(RecipeCall.uint64).filter { held?[$0] != nil })
        case .listings:
            return listings(of: RecipeCall.address(arguments[0]), imports: imports)
        case .lockers:
            return .dictionary(
                CadenceDictionary(
                    Self.array(arguments[0]).map { holder in
                        let name = RecipeCall.string(holder)
                        let lockers = [
                            state.passContracts[passes.address]?.lockers[name],
                            state.collectibleContracts[collectibles.address]?.lockers[name],
                        ]
                        return .init(
                            key: holder, value: .array(CadenceArray(lockers.map { Self.ids(contents(of: $0)) })))
                    }))
        case .verifySignatures: return .bool(isSigned(arguments))
        case .height: return .uint64(block.height.rawValue)
        case .void: return .void
        case .sum: return .int(BigInt(RecipeCall.int(arguments[0]) &+ RecipeCall.int(arguments[1])))
        case .argument: return arguments[0]
        case .argumentPlus(let value): return .int(BigInt(RecipeCall.int(arguments[0]) &+ value))
        case .constant(let value): return .int(BigInt(value))
        case .panic(let message, let expression):
            let excerpt = SourceExcerpt(of: expression, in: source.text, location: source.location)
            throw .cadence("panic: \(message)", frames: [excerpt])
        case .mismatch(let expression):
            throw ProgramErrors.mismatch(expected: "Int", got: "String", expression: expression, script: source)
        case .endless(let expression):
            let excerpt = SourceExcerpt(of: expression, in: source.text, location: source.location)
            throw .cadence(
                "memory error: [Error Code: 1111] memory usage exceeds limit (\(UInt32.max))", frames: [excerpt],
                root: 1111)
        }
    }

    /// Of an account, signatures in hex, the indices of the keys that made them, and a text: whether all are right, of keys
    /// that are in force, and together of full weight.
    private func isSigned(_ arguments: [CadenceValue]) -> Bool {
        let address = RecipeCall.address(arguments[0])
        var keys: [AccountKey] = []
        for index in Self.array(arguments[2]).map(RecipeCall.int) {
            guard let index = UInt32(exactly: index),
                let key = state.keys[KeySlot(address: address, index: KeyIndex(index))], !key.revoked
            else { return false }
            keys.append(key)
        }
        // The domain's tag fills 32 bytes (onflow/flow-go: FLOW-V0.0-user).
        let tag = Array("FLOW-V0.0-user".utf8)
        let message = tag + [UInt8](repeating: 0, count: 32 - tag.count) + Array(RecipeCall.string(arguments[3]).utf8)
        var weight: UInt64 = 0
        for (index, signature) in Self.array(arguments[1]).map(RecipeCall.string).enumerated() {
            guard index < keys.count, let bytes = Hex.decode(signature),
                AccountKeys.verify(bytes, of: message, with: keys[index])
            else { return false }
            weight += UInt64(keys[index].weight)
        }
        return weight >= UInt64(TransactionVerifier.threshold)
    }

    private func holdings(
        _ address: Address, _ passes: ContractLocation, _ collectibles: ContractLocation, structure: String
    ) -> CadenceValue {
        func held(_ path: String, _ contract: ContractLocation) -> CadenceValue {
            .optional(state.publishedCollection(at: path, of: contract, in: address).map { Self.ids(contents(of: $0)) })
        }
        return .composite(
            CadenceComposite(
                .structure, structure,
                fields: [
                    CadenceField("address", .address(address)),
                    CadenceField("passes", held(NovaPassContract.publicPath, passes)),
                    CadenceField("collectibles", held(NovaCollectibleContract.publicPath, collectibles)),
                ]))
    }

    private func listings(of address: Address, imports: [String: Address]) -> CadenceValue {
        let contract = ContractLocation(imports["NFTStorefrontV2"] ?? Address(rawValue: 0), "NFTStorefrontV2")
        var pairs: [CadenceDictionary.Pair] = []
        if let account = state.accounts[address], let capability = account.published[StorefrontContract.path],
            case .storefront(let uuid, contract) = account.storage[capability.target],
            let front = state.storefronts[uuid]
        {
            for (id, listing) in front.listings.entries.sorted(by: { $0.key < $1.key }) where !listing.isPurchased {
                pairs.append(.init(key: .uint64(id), value: .uint64(listing.token)))
            }
        }
        return .dictionary(CadenceDictionary(pairs))
    }

    private func contents(of collection: UInt64?) -> [UInt64] {
        collection.flatMap { state.collections[$0] }?.sortedIDs ?? []
    }

    private static func ids(_ ids: [UInt64]) -> CadenceValue { .array(CadenceArray(ids.map { .uint64($0) })) }

    private static func array(_ value: CadenceValue) -> [CadenceValue] {
        guard case .array(let array) = value else { preconditionFailure("arguments were checked") }
        return array.elements
    }
}
