import Postgres

/// What an operation would take, before anybody asks for it: transactions, time and fees, from what was learned and paid.
package struct OperationForecast: Hashable, Sendable {
    /// Of one recipe.
    package struct Part: Hashable, Sendable {
        package var recipe: Recipe
        package var items: Int
        /// Items a transaction, as learned by now.
        package var perTransaction: Int
        package var transactions: Int
        /// In FLOW, scaled by 1e8.
        package var fee: Int64
        package var basis: Basis
    }

    /// What a fee is foretold from.
    package enum Basis: String, Hashable, Sendable {
        /// This installation's own transactions of the last 30 days.
        case paid
        /// The public networks' prices and measured costs (`FeeTable`): nothing was paid here yet.
        case table
    }

    package var parts: [Part]
    package var lanes: Int
    /// Nil where there is no lane, nothing has been executed yet, or everything is held.
    package var seconds: Double?
    package var transactions: Int { parts.reduce(0) { $0 + $1.transactions } }
    package var fee: Int64 { parts.reduce(0) { $0 + $1.fee } }
}

/// What transactions take here: what fits into one, as learned, and what was paid for it lately.
package struct PriceList: Hashable, Sendable {
    /// What one recipe has cost.
    struct Paid: Hashable, Sendable {
        var transactions: Int
        var items: Int
        var fee: Int64
    }

    /// Items a transaction, as learned.
    var limits: [Recipe: Int]
    var paid: [Recipe: Paid]

    package func part(_ recipe: Recipe, items: Int) -> OperationForecast.Part {
        let size = max(1, limits[recipe] ?? recipe.startingLimit)
        let transactions = (items + size - 1) / size
        // A batch costs by its items: averages of single ones say nothing of them, and are made up for by the table.
        if let paid = paid[recipe], paid.items >= 10, paid.transactions > 0,
            paid.items / paid.transactions * 2 >= min(items, size)
        {
            let each = Double(paid.fee) / Double(paid.items)
            return .init(
                recipe: recipe, items: items, perTransaction: size, transactions: transactions,
                fee: Int64((each * Double(items)).rounded(.up)), basis: .paid)
        }
        return .init(
            recipe: recipe, items: items, perTransaction: size, transactions: transactions,
            fee: FeeTable.fee(recipe, items: items, transactions: transactions), basis: .table)
    }
}

/// The public networks' prices since FLIP 351, and what our recipes compute under the weights of FLIP 370, the dearest that are
/// known: 0.0001 FLOW a transaction and 0.00004 a unit (flow-facts, 15.1; recordings of the real emulator).
enum FeeTable {
    private static let inclusion = 10_000.0
    private static let unit = 4_000.0

    /// Units of the first item of a transaction, and of each further one.
    static func computation(_ recipe: Recipe) -> (first: Double, further: Double) {
        switch recipe {
        case .createBrands, .createPasses, .createCollectibles: (70, 19)
        case .createSubmissions, .claimTokens: (58, 10)
        case .mintAndList: (209, 94)
        case .airdropPasses: (141, 48)
        case .dropCollectibles: (118, 37)
        case .deliverPurchases, .settleLinkedWallet: (134, 37)
        case .removeListings: (116, 53)
        case .addProposalKeys: (43, 10)
        case .setBrandStatus, .scheduleRelease, .revokeKeys, .deployContract: (70, 0)
        }
    }

    /// In FLOW, scaled by 1e8; without a surge.
    static func fee(_ recipe: Recipe, items: Int, transactions: Int) -> Int64 {
        let (first, further) = computation(recipe)
        let units = Double(transactions) * first + Double(max(0, items - transactions)) * further
        return Int64((Double(transactions) * inclusion + units * unit).rounded(.up))
    }
}

extension OperationStore {
    /// Of items that nobody has asked for yet. Reads what was learned and paid, and changes nothing.
    package func forecast(_ items: [NewItem]) async throws -> OperationForecast {
        try await forecast(counts: items.reduce(into: [:]) { $0[$1.content.recipe, default: 0] += 1 })
    }

    /// - Parameter counts: items by recipe.
    package func forecast(counts: [Recipe: Int]) async throws -> OperationForecast {
        let prices = try await prices()
        let status = try await submitterStatus()
        let lanes = status.lanes.count { $0.state == .free || $0.state == .busy }
        var forecast = OperationForecast(
            parts: counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { prices.part($0, items: $1) },
            lanes: lanes, seconds: nil)
        if !status.holds.contains(where: \.holdsEverything), let waiting = status.estimatedSeconds {
            forecast.seconds = SubmitterStatus.estimate(
                transactions: forecast.transactions, lanes: lanes, secondsPerTransaction: status.secondsPerTransaction
            ).map { $0 + waiting }
        }
        return forecast
    }

    package func prices() async throws -> PriceList {
        let paid = try await fees(within: .seconds(30 * 86_400), tenant: nil).reduce(into: [Recipe: PriceList.Paid]()) {
            all, fee in
            guard let recipe = Recipe(rawValue: fee.recipe) else { return }
            all[recipe] = .init(transactions: fee.transactions - fee.failed, items: fee.items, fee: fee.paid)
        }
        let limits = try await pool.query("select recipe, items from recipe_limits").reduce(into: [Recipe: Int]()) {
            if let recipe = Recipe(rawValue: try $1.decode("recipe")) { $0[recipe] = try $1.decode(Int.self, "items") }
        }
        return PriceList(limits: limits, paid: paid)
    }
}
