import Cadence
import FlowClient

/// One of the project's transactions, executed natively.
struct Recipe: Sendable {
    /// Units of computation: so many for the transaction itself, and so many an item.
    struct Cost: Hashable, Sendable {
        var base: Double
        var perItem: Double
        /// So many more for an item that goes into a locker.
        var perLocker: Double
        init(_ base: Double, _ perItem: Double = 0, locker perLocker: Double = 0) {
            self.base = base
            self.perItem = perItem
            self.perLocker = perLocker
        }
    }

    var name: String
    private var costs: (flip346: Cost, flip370: Cost)
    var run: @Sendable (RecipeCall) throws -> Void

    /// - Parameters:
    ///   - cost: by the weights of FLIP 346, from computation.table.json, which the real virtual machine measured.
    ///   - flip370: from computation-370.table.json; where nothing was measured, as many times more as all the rest.
    init(
        _ name: String, cost: Cost, flip370: Cost? = nil, _ run: @escaping @Sendable (RecipeCall) throws -> Void
    ) {
        self.name = name
        let factor = ExecutionWeights.flip370.factor
        costs = (cost, flip370 ?? Cost(cost.base * factor, cost.perItem * factor, locker: cost.perLocker * factor))
        self.run = run
    }

    func cost(by weights: ExecutionWeights) -> Cost {
        switch weights {
        case .flip346: costs.flip346
        case .flip370: costs.flip370
        }
    }

    /// By name of the file in cadence/transactions.
    static let all: [String: Recipe] = Dictionary(
        uniqueKeysWithValues: (brandRecipes + passRecipes + collectibleRecipes + storefrontRecipes + walletRecipes
            + accountRecipes).map { ($0.name, $0) })
}

/// A recipe's run: its arguments, its authorizers, and where its imports live.
struct RecipeCall {
    let execution: Execution
    let arguments: [CadenceValue]
    let authorizers: [Address]
    let imports: [String: Address]
    let cost: Recipe.Cost

    var signer: Address { authorizers[0] }

    func spendItem(toLocker: Bool = false) throws {
        try execution.spend(cost.perItem + (toLocker ? cost.perLocker : 0))
    }

    func address(of contract: String) -> Address { imports[contract] ?? Address(rawValue: 0) }
    func location(_ contract: String) -> ContractLocation { ContractLocation(address(of: contract), contract) }

    /// The operator of that contract in the signer's storage, or the panic that the scripts have.
    private func borrowOperator(_ contract: String) throws {
        let path = contract.prefix(1).lowercased() + contract.dropFirst() + "Operator"
        guard execution.state.accounts[signer]?.storage[path] == .operatorOf(location(contract)) else {
            throw execution.panic(
                "this account is not the platform's", at: #"panic("this account is not the platform's")"#)
        }
    }

    func brandOperator() throws -> NovaBrandContract {
        try borrowOperator("NovaBrand")
        return NovaBrandContract(execution: execution, address: address(of: "NovaBrand"))
    }

    func passOperator() throws -> NovaPassContract {
        try borrowOperator("NovaPass")
        return NovaPassContract(execution: execution, address: address(of: "NovaPass"))
    }

    func collectibleOperator() throws -> NovaCollectibleContract {
        try borrowOperator("NovaCollectible")
        return NovaCollectibleContract(execution: execution, address: address(of: "NovaCollectible"))
    }

    var passes: NovaPassContract { NovaPassContract(execution: execution, address: address(of: "NovaPass")) }
    var storefronts: StorefrontContract {
        StorefrontContract(execution: execution, location: location("NFTStorefrontV2"))
    }
    var flow: FlowTokenContract { FlowTokenContract(execution: execution) }

    /// The collection of passes in the signer's own storage.
    func ownCollection(orPanic message: String) throws -> UInt64 {
        guard
            case .collection(let uuid, let contract) = execution.state.accounts[signer]?.storage[
                NovaPassContract.storagePath],
            contract == passes.location
        else { throw execution.panic(message, at: "panic(\"\(message)\")") }
        return uuid
    }

    /// Whether the storefront is in the signer's own storage, and which.
    var ownStorefront: UInt64? {
        guard
            case .storefront(let uuid, let contract) = execution.state.accounts[signer]?.storage[
                StorefrontContract.path],
            contract == location("NFTStorefrontV2")
        else { return nil }
        return uuid
    }
}

extension RecipeCall {
    // The arguments' types have been checked against the script's declaration, so what does not fit is our own mistake.

    func string(_ index: Int) -> String { Self.string(arguments[index]) }
    func uint64(_ index: Int) -> UInt64 { Self.uint64(arguments[index]) }
    func address(_ index: Int) -> Address { Self.address(arguments[index]) }

    func uint8(_ index: Int) -> UInt8 {
        guard case .uint8(let value) = arguments[index] else { preconditionFailure("argument \(index) was checked") }
        return value
    }

    func ufix64(_ index: Int) -> UInt64 {
        guard case .ufix64(let value) = arguments[index] else { preconditionFailure("argument \(index) was checked") }
        return value
    }

    /// Cadence's Int has no bounds; one beyond 64 bits is the largest here.
    func int(_ index: Int) -> Int64 { Self.int(arguments[index]) }

    func optionalUInt64(_ index: Int) -> UInt64? { Self.optional(arguments[index]).map(Self.uint64) }

    func array(_ index: Int) -> [CadenceValue] {
        guard case .array(let array) = arguments[index] else { preconditionFailure("argument \(index) was checked") }
        return array.elements
    }

    func dictionary(_ index: Int) -> [CadenceDictionary.Pair] { arguments[index].asDictionary ?? [] }

    func strings(_ index: Int) -> [String] { array(index).map(Self.string) }
    func uint64s(_ index: Int) -> [UInt64] { array(index).map(Self.uint64) }
    func optionalStrings(_ index: Int) -> [String?] { array(index).map { Self.optional($0).map(Self.string) } }
    func optionalUInt64s(_ index: Int) -> [UInt64?] { array(index).map { Self.optional($0).map(Self.uint64) } }
    func optionalAddresses(_ index: Int) -> [Address?] { array(index).map { Self.optional($0).map(Self.address) } }

    /// An element, or the error of an index that is out of bounds, at the expression that reads it.
    func element<Element>(_ array: [Element], _ index: Int, _ expression: String) throws -> Element {
        guard array.indices.contains(index) else {
            throw execution.failure("array index out of bounds: \(index), but size is \(array.count)", at: expression)
        }
        return array[index]
    }

    static func optional(_ value: CadenceValue) -> CadenceValue? {
        guard case .optional(let inner) = value else { preconditionFailure("arguments were checked") }
        return inner
    }

    static func string(_ value: CadenceValue) -> String {
        guard case .string(let text) = value else { preconditionFailure("arguments were checked") }
        return text
    }

    static func uint64(_ value: CadenceValue) -> UInt64 {
        guard case .uint64(let number) = value else { preconditionFailure("arguments were checked") }
        return number
    }

    static func address(_ value: CadenceValue) -> Address {
        guard case .address(let address) = value else { preconditionFailure("arguments were checked") }
        return address
    }

    static func int(_ value: CadenceValue) -> Int64 {
        guard case .int(let number) = value else { preconditionFailure("arguments were checked") }
        return Int64(number.description) ?? .max
    }
}

extension ExecutionWeights {
    /// How many times as much as by FLIP 346 what was not measured costs.
    var factor: Double {
        switch self {
        case .flip346: 1
        case .flip370: 5
        }
    }
}
