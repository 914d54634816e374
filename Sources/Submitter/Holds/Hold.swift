package import FoundationEssentials

/// Why something does not go out, since when, until when, and what a person can do. It ends by itself when its cause does:
/// one transaction is let through from time to time to see.
package struct Hold: Hashable, Sendable {
    /// What is held.
    package enum Scope: Hashable, Sendable {
        /// Everything: the payer can't pay or can't sign.
        case payer
        /// Everything: the platform's account stores more than its balance pays for.
        case platformAccount
        /// Everything: the network refuses, or fails by itself.
        case network
        /// Everything: the database may have lost what was committed, and the chain has yet to say what was done.
        case database
        case recipe(Recipe)

        package var name: String {
            switch self {
            case .payer: "payer"
            case .platformAccount: "platform_account"
            case .network: "network"
            case .database: "database"
            case .recipe(let recipe): "recipe:\(recipe.rawValue)"
            }
        }

        /// Nil for a scope that only a later program knows.
        package init?(name: String) {
            switch name {
            case "payer": self = .payer
            case "platform_account": self = .platformAccount
            case "network": self = .network
            case "database": self = .database
            default:
                guard name.hasPrefix("recipe:"), let recipe = Recipe(rawValue: String(name.dropFirst(7))) else {
                    return nil
                }
                self = .recipe(recipe)
            }
        }

        /// Whether a transaction of the recipe is held.
        package func covers(_ recipe: Recipe) -> Bool {
            switch self {
            case .payer, .platformAccount, .network, .database: true
            case .recipe(let held): held == recipe
            }
        }

        /// Whether a probe may end it. What a database has lost, the chain says by itself.
        var isProbed: Bool { self != .database }
    }

    package var scope: Scope
    package var reason: String
    package var remedy: String
    package var since: Date
    /// The next time that one transaction is let through.
    package var until: Date
    package var probes: Int
    /// `until` has come, by the database's clock.
    package var isDue: Bool
    var witness: String?

    /// Whether nothing at all goes out.
    package var holdsEverything: Bool { if case .recipe = scope { false } else { true } }
}

/// What the holds let through. A value: the holds go in, and which recipes may go comes out.
struct HoldGate: Hashable, Sendable {
    private let holds: [Hold]

    init(_ holds: [Hold]) { self.holds = holds }

    private func covering(_ recipe: Recipe) -> [Hold] { holds.filter { $0.scope.covers(recipe) } }

    /// Nothing stands in the way.
    func lets(_ recipe: Recipe) -> Bool { covering(recipe).isEmpty }

    /// Not even a probe may go.
    func isShut(_ recipe: Recipe) -> Bool { covering(recipe).contains { !$0.isDue || !$0.scope.isProbed } }

    func scopes(holding recipe: Recipe) -> [Hold.Scope] { covering(recipe).map(\.scope) }

    var holdsEverything: Bool { holds.contains(where: \.holdsEverything) }
}

/// When a hold is probed next: a minute after the first failure, and twice as long after each further one, up to half an
/// hour. A payer that stays empty for a day costs some fifty of them.
enum ProbePause {
    static let longest = Duration.seconds(1800)

    static func after(probes: Int, first: Duration) -> Duration {
        min(first * (1 << min(max(0, probes), 20)), max(first, longest))
    }
}
