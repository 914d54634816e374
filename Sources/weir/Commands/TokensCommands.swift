import Daemon
import Encoding
import FoundationEssentials
import PlatformBridge

extension Weir {
    static let tokensCommands = [tokensCreateCommand, tokensListCommand, tokensRevokeCommand]
    static let sqlCommands = [sqlGrantCommand, sqlRevokeCommand, sqlListCommand]

    private static let tokensCreateCommand = Command(
        "tokens create", summary: "a token for a tenant's callers of the control port, shown once",
        discussion: """
            Only its digest is kept. Scopes: enqueue (ask for operations), read, ops (retry, resolve, schedules, webhooks), admin \
            (everything, tokens included). From the first token on, every call under /v1 needs one.
            """,
        options: [
            .value("tenant", "TENANT", "whose; default where it is not said"),
            .value("scope", "SCOPE[,SCOPE…]", "enqueue, read, ops or admin", repeats: true),
            .value("name", "TEXT", "what it is for, for the list"),
            .value("expires-in", "DURATION", "such as 90d or 12h; never where it is not said"),
            .value("rate", "N", "requests a second at most; as many as there are where it is not said"),
        ],
        examples: [
            .init(
                "weir tokens create --tenant nova --scope enqueue,read --name django --expires-in 90d",
                "for the platform")
        ],
        usesConfiguration: true
    ) { context in
        let names = context.options("scope").flatMap { $0.split(separator: ",").map(String.init) }
        let scopes = try names.map { name in
            guard let scope = Scope(rawValue: name) else {
                throw UsageError("--scope: enqueue, read, ops or admin, and not \(PlainText.jsonString(name))")
            }
            return scope
        }
        guard !scopes.isEmpty else { throw UsageError("--scope: at least one of enqueue, read, ops and admin") }
        let tenant = try tenantName(context)
        let lifetime = try context.option("expires-in", as: .duration(.seconds(60) ... .seconds(10 * 366 * 86_400)))
        let rate = try context.option("rate", as: .integer(1...100_000))
        try await withTables(context) { pool, _ in
            let (id, token) = try await TokenStore(pool: pool).create(
                tenant: tenant, name: context.option("name") ?? "", scopes: Set(scopes), lifetime: lifetime,
                requestsPerSecond: rate)
            context.printError("token \(id) of \(tenant); it is shown this once:")
            context.print(token.text)
        }
    }

    private static let tokensListCommand = Command(
        "tokens list", summary: "the tokens there are, without what they are",
        examples: [.init("weir tokens list", "of every tenant")],
        usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, _ in
            for token in try await TokenStore(pool: pool).list(tenant: nil) {
                let end =
                    token.revokedAt.map { "revoked \(RFC3339.format($0))" }
                    ?? token.expiresAt.map { "expires \(RFC3339.format($0))" } ?? "for good"
                let scopes = token.scopes.map(\.rawValue).sorted().joined(separator: ",")
                context.print("\(token.id)  \(token.tenant)  \(scopes)  \(PlainText.jsonString(token.name))  \(end)")
            }
        }
    }

    private static let tokensRevokeCommand = Command(
        "tokens revoke", summary: "make a token useless, within a second or so in every process",
        arguments: [.required("ID", "the token's id, tok_…")],
        examples: [.init("weir tokens revoke tok_0123456789abcdef", "nobody gets in with it any more")],
        usesConfiguration: true
    ) { context in
        let id = context.argument("ID")
        try await withTables(context) { pool, _ in
            guard try await TokenStore(pool: pool).revoke(id, tenant: nil) else {
                throw FlowFailure("there is no token \(PlainText.jsonString(id)), or it is revoked already")
            }
            context.print("\(id) is revoked")
        }
    }

    private static let sqlGrantCommand = Command(
        "sql grant", summary: "let a role of Postgres enqueue for a tenant, inside its own transactions",
        discussion: """
            The role, made by whoever looks after the database, may call weir.enqueue(type, payload, key, …) and read the views \
            of weir_api, of its tenant alone; nothing else.
            """,
        arguments: [.required("ROLE", "the role that the platform logs in with")],
        options: [.value("tenant", "TENANT", "whose; default where it is not said")],
        examples: [.init("weir sql grant platform --tenant nova", "the role platform speaks for nova")],
        usesConfiguration: true
    ) { context in
        let (role, tenant) = (context.argument("ROLE"), try tenantName(context))
        try await withTables(context) { pool, _ in
            guard try await TenantRoles(pool: pool).grant(role, tenant: tenant) else {
                throw FlowFailure(
                    "there is no role \(PlainText.jsonString(role)): create role … login, as the database's owner")
            }
            context.print("\(role) speaks for \(tenant)")
        }
    }

    private static let sqlRevokeCommand = Command(
        "sql revoke", summary: "a role of Postgres speaks for nobody any more",
        arguments: [.required("ROLE", "the role")],
        examples: [.init("weir sql revoke platform", "it may do nothing of Weir's")],
        usesConfiguration: true
    ) { context in
        let role = context.argument("ROLE")
        try await withTables(context) { pool, _ in
            guard try await TenantRoles(pool: pool).revoke(role) else {
                throw FlowFailure("\(PlainText.jsonString(role)) speaks for no tenant: weir sql list shows who does")
            }
            context.print("\(role) speaks for nobody")
        }
    }

    private static let sqlListCommand = Command(
        "sql list", summary: "which roles of Postgres speak for which tenant",
        examples: [.init("weir sql list", "every role")],
        usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, _ in
            for (role, tenant) in try await TenantRoles(pool: pool).list() { context.print("\(role)  \(tenant)") }
        }
    }

    private static func tenantName(_ context: CommandContext) throws -> String {
        let tenant = context.option("tenant") ?? "default"
        guard ScheduleReader.isName(tenant) else {
            throw UsageError("--tenant: 1 to 64 letters, digits, - and _")
        }
        return tenant
    }
}
