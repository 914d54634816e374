import Encoding
import Signer

/// What a caller may do.
package enum Scope: String, CaseIterable, Sendable {
    /// Ask for operations, and tell what scheduled ones are to find.
    case enqueue
    case read
    /// Pause, retry, resolve; schedules and webhooks.
    case ops
    /// Everything, tokens included.
    case admin

    /// What a request needs. Whatever changes something and is not named here is for ops.
    static func needed(for method: String, _ segments: [String]) -> Scope {
        let place = segments.dropFirst().first ?? ""
        if place == "tokens" { return .admin }
        if place == "audit" { return .ops }
        if ["GET", "HEAD", "OPTIONS"].contains(method) { return .read }
        switch place {
        case "drop-tables", "purchases", "claimants", "wallets": return .enqueue
        // Asking for one, or many; what is done to one that is there is for ops.
        case "operations" where segments.count == 2 || segments.dropFirst(2) == ["batch"]: return .enqueue
        case "campaigns"
        where method != "DELETE" && !["pause", "resume", "abort", "retry"].contains(segments.last ?? ""):
            return .enqueue
        case "schedules" where segments.dropFirst(2) == ["preview"]: return .read
        case "operations" where segments.dropFirst(2) == ["plan"]: return .read
        default: return .ops
        }
    }
}

/// Who asks, and for which tenant.
package struct Caller: Hashable, Sendable {
    package var tenant: String
    package var scopes: Set<Scope>
    /// Of the token; nil for the configuration's own token, or where none is needed.
    package var tokenID: String?

    /// Whoever has `control.token`, or comes where nobody needs a token.
    package static let owner = Caller(tenant: "default", scopes: Set(Scope.allCases), tokenID: nil)

    package func may(_ scope: Scope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
}

/// The secret that a caller shows: 32 random bytes. It is told once and kept as its digest.
package struct AccessToken: Sendable {
    package let text: String

    package static func generate() -> Self {
        var random = SystemRandomNumberGenerator()
        return Self(text: prefix + Base64URL.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }))
    }

    private init(text: String) { self.text = text }

    /// SHA-256. Of so many random bits nobody finds them again by trying.
    package static func digest(of text: String) -> [UInt8] { Digest.sha2_256(Array(text.utf8)).bytes }

    private static let prefix = "weir_"
}
