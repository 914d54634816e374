package import Daemon
import FoundationEssentials
package import Postgres
import Synchronization

/// The tokens that are good just now, at hand: a caller is known before its body is read, and no request waits for the
/// database to be let in. A change reaches it with Postgres' own word, and at the latest after ten seconds.
package final class TokenDirectory: StartableService {
    package let name = "tokens"
    private let store: TokenStore
    private let pool: PostgresPool
    /// `control.token`.
    private let ownerToken: OwnerToken?
    private let logger: Logger
    private let began = ContinuousClock.now

    private struct State {
        /// Nil until they have been read once.
        var tokens: [[UInt8]: TokenStore.Entry]?
        /// Also of those that are good no more: what was closed once does not open when the last one ends.
        var hasEverHadTokens = false
        var buckets: [String: RateBucket] = [:]
        /// Whose rights tenants' requests have; nil where this user may make no role.
        var tenantRole: String?
        var hasWarned = false
    }

    private let state = Mutex(State())

    package enum Verdict: Sendable {
        case caller(Caller)
        /// A token is needed, and this is none that is good.
        case unknown
        /// Whether it is good could not be looked up yet.
        case unread
        case tooMany(retryAfter: Duration)
    }

    package init(pool: PostgresPool, ownerToken: OwnerToken?, logger: Logger) {
        self.pool = pool
        store = TokenStore(pool: pool)
        self.ownerToken = ownerToken
        self.logger = logger
    }

    /// The first requests find them read, where the database is there.
    package func start() async throws {
        do { try await read() } catch let error as PostgresError {
            logger.warning("the tokens could not be read, will try again", ["error": "\(error)"])
        }
    }

    package func run() async throws {
        try await RecurringWork(name: name, pool: pool, channels: [TokenStore.channel], logger: logger) {
            try await self.read()
            return .seconds(10)
        }.run()
    }

    package func read() async throws {
        let (tokens, any) = (try await store.good(), try await store.hasAny())
        let role = try await pool.query("select secure_tenants() as role").one().decode(String?.self, "role")
        let warns = state.withLock { state in
            state.tokens = tokens
            state.hasEverHadTokens = any
            let ids = Set(tokens.values.map(\.id))
            state.buckets = state.buckets.filter { ids.contains($0.key) }
            state.tenantRole = role
            guard role == nil, any, !state.hasWarned else { return false }
            state.hasWarned = true
            return true
        }
        if warns {
            logger.warning(
                "row-level security does not hold tenants' requests: the database user may make no role for them",
                ["remedy": "alter role … createrole"])
        }
    }

    /// Who shows that token; counts the request. Without `control.token`, and as long as no tenant has a token, nobody needs one.
    package func admit(_ token: String?) -> Verdict {
        if isOwner(token) { return .caller(.owner) }
        let digest = token.map { AccessToken.digest(of: $0) }
        let now = ContinuousClock.now - began
        return state.withLock { state in
            guard let tokens = state.tokens else { return .unread }
            guard let digest else { return ownerToken == nil && !state.hasEverHadTokens ? .caller(.owner) : .unknown }
            guard let entry = tokens[digest], entry.expiresAt.map({ $0 > Date() }) ?? true else { return .unknown }
            if let rate = entry.requestsPerSecond,
                let wait = state.buckets[entry.id, default: RateBucket(perSecond: rate, at: now)].take(at: now)
            {
                return .tooMany(retryAfter: wait)
            }
            return .caller(Caller(tenant: entry.tenant, scopes: entry.scopes, tokenID: entry.id))
        }
    }

    /// What the statements of that caller's requests may see: nil for the owner's, who sees all.
    package func scope(of token: String?) -> SessionScope? {
        guard !isOwner(token), let caller = caller(token), caller.tokenID != nil else { return nil }
        return state.withLock(\.tenantRole).map { SessionScope(role: $0, settings: ["weir.tenant": caller.tenant]) }
    }

    private func isOwner(_ token: String?) -> Bool {
        guard let ownerToken, let token else { return false }
        return ownerToken.isEqual(to: token)
    }

    /// The same without counting: for a request that was let in.
    package func caller(_ token: String?) -> Caller? {
        if isOwner(token) { return .owner }
        let digest = token.map { AccessToken.digest(of: $0) }
        return state.withLock { state in
            guard let digest else {
                return ownerToken == nil && state.tokens != nil && !state.hasEverHadTokens ? .owner : nil
            }
            return state.tokens?[digest].map { Caller(tenant: $0.tenant, scopes: $0.scopes, tokenID: $0.id) }
        }
    }
}
