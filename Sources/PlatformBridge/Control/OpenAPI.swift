import Encoding
import FlowClient
import HTTP

/// The control port described (OpenAPI 3.1), from the same words that the help and the errors use.
enum OpenAPI {
    static let document: JSON = [
        "openapi": "3.1.0",
        "info": [
            "title": "Weir", "version": "0.1.0",
            "description": "Submits the platform's operations to Flow exactly once, and answers who owns what.",
        ],
        "components": [
            "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            "schemas": .object(schemas),
            "responses": [
                "Problem": [
                    "description": "What is wrong, with the field and the rule (RFC 9457)",
                    "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
                ]
            ],
        ],
        "paths": .object(
            patterns.map { pattern in
                .init(
                    pattern,
                    .object(paths.filter { $0.pattern == pattern }.map { .init($0.method, $0.json) }))
            }),
    ]

    /// A page for a person who opens the port in a browser.
    static var page: String {
        let rows = paths.map {
            "<tr><td>\($0.method.uppercased())</td><td><code>\(link($0))</code></td><td>\($0.summary)</td></tr>"
        }
        return """
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Weir</title>
            <style>body{font:16px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:60rem;padding:0 1rem}
            td{padding:.15rem 1rem .15rem 0;vertical-align:top}code{white-space:nowrap}</style>
            <h1>Weir</h1><p>Submits to Flow exactly once, follows it, and knows who owns what.</p>
            <table>\(rows.joined(separator: "\n"))</table>
            """
    }

    /// Each once, in the order in which they come.
    private static let patterns = paths.map(\.pattern).reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }

    private static func link(_ path: Path) -> String {
        path.pattern.contains("{") || path.method != "get"
            ? path.pattern : "<a href=\"\(path.pattern)\">\(path.pattern)</a>"
    }

    private struct Path: Sendable {
        let pattern: String
        let method: String
        let summary: String
        let parameters: [JSON]
        let request: String?

        init(
            _ pattern: String, _ method: String = "get", _ summary: String, query: [(String, String)] = [],
            headers: [(String, String)] = [], request: String? = nil
        ) {
            self.pattern = pattern
            self.method = method
            self.summary = summary
            self.request = request
            let inPath = pattern.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
            parameters =
                inPath.map { name in
                    [
                        "name": JSON(String(name)), "in": "path", "required": true,
                        "schema": OpenAPI.inPath(String(name), of: pattern),
                    ]
                }
                + query.map { name, meaning in
                    [
                        "name": JSON(name), "in": "query", "description": JSON(meaning),
                        "schema": OpenAPI.inQuery[name] ?? ["type": "string"],
                    ]
                }
                + (headers.map { name, meaning in
                    [
                        "name": JSON(name), "in": "header", "description": JSON(meaning), "required": true,
                        "schema": OpenAPI.key,
                    ]
                })
        }

        var json: JSON {
            var members: [JSON.Member] = [
                .init("summary", JSON(summary)), .init("security", pattern.hasPrefix("/v1") ? [["token": []]] : []),
            ]
            if !parameters.isEmpty { members.append(.init("parameters", .array(parameters))) }
            if let request {
                members.append(
                    .init(
                        "requestBody",
                        [
                            "required": true,
                            "content": [
                                "application/json": ["schema": ["$ref": JSON("#/components/schemas/\(request)")]]
                            ],
                        ]))
            }
            members.append(
                .init(
                    "responses",
                    [
                        "2XX": ["description": "The answer"],
                        "default": ["$ref": "#/components/responses/Problem"],
                    ]))
            return .object(members)
        }
    }

    private static let height = ("height", "a past height; the last indexed one by default")
    private static let paging = [("limit", "at most so many"), ("cursor", "`next` of the page before")]

    private static let paths: [Path] = [
        Path(
            "/v1/operations", "post", "Enqueue an operation",
            headers: [
                (
                    "Idempotency-Key",
                    "the same again is the same operation; it may stand in the body as idempotency_key instead"
                )
            ], request: "Enqueue"),
        Path(
            "/v1/operations", "get", "Operations, newest first",
            query: [("state", "of this state"), ("type", "of this type")] + paging),
        Path("/v1/operations/batch", "post", "Enqueue up to 10,000 operations, all or none", request: "EnqueueMany"),
        Path(
            "/v1/operations/plan", "post",
            "What an operation would take: transactions, time, fees in FLOW; nothing is asked for",
            request: "Plan"),
        Path(
            "/v1/operations/{id}", "get", "An operation",
            query: [("wait", "at most so many seconds, 60 at most, for it to finish")]),
        Path(
            "/v1/operations/{id}/items", "get", "What it comes to, item by item",
            query: [("state", "of this state")] + paging),
        Path("/v1/operations/{id}/history", "get", "What happened to it"),
        Path("/v1/operations/{id}/cancel", "post", "Take back what has not gone to the chain"),
        Path("/v1/operations/{id}/retry", "post", "Try again what was not done"),
        Path(
            "/v1/operations/{id}/resolve", "post", "Say what became of items that are unproven", request: "Resolve"),
        Path("/v1/operation-types", "get", "The operations there are"),
        Path("/v1/brands", "get", "The tenant's brands and their status", query: paging),
        Path("/v1/brands/{id}", "get", "A brand"),
        Path("/v1/brands/{id}/history", "get", "Every change of its status, oldest first"),
        Path("/v1/passes", "get", "The tenant's passes and their status", query: paging),
        Path("/v1/passes/{id}", "get", "A pass"),
        Path("/v1/passes/{id}/history", "get", "Every change of its status, oldest first"),
        Path("/v1/releases", "get", "The tenant's releases and their status", query: paging),
        Path("/v1/releases/{id}", "get", "A release"),
        Path("/v1/releases/{id}/history", "get", "Every change of its status, oldest first"),
        Path("/v1/releases/{id}/tokens", "get", "Its tokens that are minted, and their status", query: paging),
        Path(
            "/v1/releases/{id}/tokens/{token}/history", "get", "How a token came to its status, by the chain's blocks"),
        Path("/v1/collectibles", "get", "The tenant's collectibles and their status", query: paging),
        Path("/v1/collectibles/{id}", "get", "A collectible"),
        Path("/v1/collectibles/{id}/history", "get", "Every change of its status, oldest first"),
        Path("/v1/schedules", "get", "What is enqueued by the clock"),
        Path(
            "/v1/schedules/preview", "post", "When a rule would run, before anybody relies on it",
            request: "SchedulePreview"),
        Path("/v1/schedules/{name}", "get", "A schedule"),
        Path("/v1/schedules/{name}", "put", "Make a schedule, or put another in its place", request: "Schedule"),
        Path("/v1/schedules/{name}", "delete", "Forget a schedule and its runs; operations stay"),
        Path("/v1/schedules/{name}/on", "post", "Turn it on: it runs from its next time on"),
        Path("/v1/schedules/{name}/off", "post", "Turn it off"),
        Path(
            "/v1/schedules/{name}/next", "get", "Its next runs, foretold", query: [("count", "so many, 100 at most")]),
        Path(
            "/v1/schedules/{name}/runs", "get", "What became of its times, newest first",
            query: [("limit", "at most so many")]),
        Path("/v1/campaigns", "get", "Campaigns, newest first"),
        Path(
            "/v1/campaigns/{name}", "get",
            "A campaign: who is ready, what became of whom, what it cost, what is left and how long it takes"),
        Path(
            "/v1/campaigns/{name}", "put", "Make a campaign, or change its terms before it begins", request: "Campaign"),
        Path("/v1/campaigns/{name}", "delete", "Forget a campaign of which nothing was sent"),
        Path(
            "/v1/campaigns/{name}/recipients", "post",
            "Whom it sends to, 100,000 a call: JSON, one object a line (application/x-ndjson), or text/csv",
            request: "Recipients"),
        Path(
            "/v1/campaigns/{name}/recipients", "get", "What became of each recipient",
            query: [
                ("state", "pending, sending, delivered, failed, unproven, skipped or cancelled"),
                ("format", "json, or csv for all of them at once"),
            ] + paging),
        Path("/v1/campaigns/{name}/plan", "post", "Ask the chain which of those who were not sent to are ready"),
        Path(
            "/v1/campaigns/{name}/start", "post", "Send: now, at a time, or by the runs of a schedule",
            request: "Start"),
        Path("/v1/campaigns/{name}/pause", "post", "Send no more; what is not signed yet comes back"),
        Path("/v1/campaigns/{name}/resume", "post", "Go on with a paused campaign"),
        Path("/v1/campaigns/{name}/abort", "post", "End it; what is signed goes on to its outcome"),
        Path("/v1/campaigns/{name}/retry", "post", "Send again to those to whom it failed"),
        Path("/v1/drop-tables/{subject}", "get", "Rows of a drop table and their status", query: paging),
        Path(
            "/v1/drop-tables/{subject}", "put",
            "Rows for airdrop_pass (a release's) or airdrop_collectible to pick up when their time has come",
            request: "DropTable"),
        Path("/v1/drop-tables/{subject}/{drop}/history", "get", "How a row came to its status, oldest first"),
        Path("/v1/purchases/{id}", "get", "A purchase"),
        Path(
            "/v1/purchases/{id}", "put", "A purchase for settle_purchase to settle, deliver or let go",
            request: "Purchase"),
        Path(
            "/v1/claimants/{person}", "put", "Somebody who has claimed, for signup_reminder to remind once",
            request: "Claimant"),
        Path(
            "/v1/feed", "get", "What has happened, in order",
            query: [
                ("after", "`next` of the page before"), ("wait", "at most so many seconds for something to happen"),
                ("limit", "at most so many"),
            ]),
        Path("/v1/feed/events", "get", "The same as server-sent events", query: [("after", "begin behind this one")]),
        Path("/v1/webhooks", "get", "Endpoints that are told of what happens"),
        Path("/v1/webhooks", "post", "Tell an endpoint; its secret is in this answer alone", request: "Webhook"),
        Path("/v1/webhooks/{id}", "get", "An endpoint"),
        Path("/v1/webhooks/{id}", "delete", "Forget an endpoint and what was to be told it"),
        Path("/v1/webhooks/{id}/on", "post", "Tell it again, also what is still pending"),
        Path("/v1/webhooks/{id}/off", "post", "Tell it no more"),
        Path("/v1/webhooks/{id}/rotate", "post", "A new secret, which signs beside the one before"),
        Path("/v1/webhooks/{id}/end-rotation", "post", "The newest secret alone signs"),
        Path("/v1/webhooks/{id}/replay", "post", "Tell messages again, by id or range", request: "Replay"),
        Path(
            "/v1/webhooks/{id}/deliveries", "get", "What became of each message, newest first",
            query: [("state", "pending, delivered or dead")] + paging),
        Path(
            "/v1/ownership/wallets/{address}", "get", "What a wallet holds",
            query: [("contract", "NovaPass, NovaCollectible or a token's type id"), height] + paging),
        Path(
            "/v1/ownership/lockers/{holder}", "get", "What is kept for a user without a wallet",
            query: [height] + paging),
        Path(
            "/v1/ownership/tokens/{id}", "get", "Who owns a token",
            query: [("contract", "NovaPass, NovaCollectible or a token's type id"), height]),
        Path("/v1/ownership/tokens/{id}/history", "get", "Who has ever owned it"),
        Path(
            "/v1/ownership/holders/{group}", "get", "Who holds tokens of a pass or a collectible",
            query: [("minimum", "of at least so many tokens, 1 by default"), height] + paging),
        Path("/v1/ownership/listings", "get", "What is listed for sale", query: [height] + paging),
        Path(
            "/v1/ownership/balances/{address}", "get", "What lies in an account's vaults of tokens that are followed",
            query: [height]),
        Path("/v1/ownership/links/{address}", "get", "Accounts linked with this one", query: [height]),
        Path(
            "/v1/snapshots/{group}", "get", "Who holds a group's tokens after a block, with a root and its signature",
            query: [
                ("format", "json or csv"), ("minimum", "holders of at least so many, 1 by default"), height,
            ]),
        Path(
            "/v1/snapshots/{group}/proofs/{owner}", "get", "That one holder is in it (an address or locker:HOLDER)",
            query: [("minimum", "as of the snapshot"), height]),
        Path("/v1/coverage", "get", "What is followed, and from which height on it is known"),
        Path("/v1/index/jobs", "get", "Back-fills and rebuilds, newest first", query: [("limit", "at most so many")]),
        Path("/v1/index/jobs", "post", "Fill in what came before, or build projections anew", request: "IndexJob"),
        Path("/v1/index/jobs/{id}", "get", "How far a job is"),
        Path("/v1/index/jobs/{id}/pause", "post", "Let it rest"),
        Path("/v1/index/jobs/{id}/resume", "post", "Go on with it, also after it has failed"),
        Path("/v1/index/jobs/{id}/cancel", "post", "Give it up; what is there stays as it was"),
        Path(
            "/v1/drift", "get", "Where the chain says something else than the index, and how much of it is proven",
            query: [("state", "open, repaired, dismissed or gone")]),
        Path("/v1/drift/{id}/repair", "post", "The index takes the chain's word", request: "Decision"),
        Path("/v1/drift/{id}/dismiss", "post", "It is none", request: "Decision"),
        Path("/v1/index/poison", "get", "Events that were set aside, and why"),
        Path(
            "/v1/wallets/nonce", "post", "A nonce for somebody's wallet to sign, once, within five minutes",
            request: "Nonce"),
        Path(
            "/v1/wallets/verify", "post",
            "What the wallet signed: links it, says whether the gate is open, hands out a receipt",
            request: "WalletProof"),
        Path("/v1/wallets/{address}", "get", "Whose wallet it is"),
        Path("/v1/wallets/{address}", "delete", "Unlink it"),
        Path("/v1/people/{person}/wallets", "get", "Somebody's wallets"),
        Path("/v1/people/{person}", "delete", "Forget somebody; the audit's chain stays whole"),
        Path(
            "/v1/gates/{group}/{address}", "get", "Whether a wallet holds enough of a pass or a collectible",
            query: [("minimum", "so many, 1 by default"), height]),
        Path("/v1/receipts/keys", "get", "The keys that receipts are signed with (RFC 7517)"),
        Path("/v1/audit", "get", "Who did what, newest first", query: paging),
        Path("/v1/tokens", "get", "The tenant's tokens, without what they are"),
        Path("/v1/tokens", "post", "A token; it is in this answer alone", request: "Token"),
        Path("/v1/tokens/{id}", "delete", "Make a token useless"),
        Path("/v1/summary", "get", "What is open, what happened within 24 hours, what failed, what runs next"),
        Path("/v1/parts", "get", "The daemon's parts, and which of them rest"),
        Path(
            "/v1/parts/{part}/pause", "post", "Let a part rest in every process, until it is resumed",
            request: "Decision"),
        Path("/v1/parts/{part}/resume", "post", "Let it go on"),
        Path("/v1/nodes", "get", "The access nodes as this process finds them"),
        Path("/v1/sync", "get", "How far the index is"),
        Path("/v1/submitter", "get", "Lanes, queues, workers, what is in doubt"),
        Path(
            "/v1/fees", "get", "What was paid for transactions, by recipe, in FLOW",
            query: [("hours", "of the last so many, 24 by default")]),
        Path(
            "/v1/submitter/lanes/{key}/clear", "post",
            "Let a quarantined proposal key be used again, after a person has looked"),
        Path("/healthz", "get", "Whether the process lives"),
        Path("/readyz", "get", "Whether its answers are current"),
        Path("/metrics", "get", "Prometheus metrics"),
        Path("/openapi.json", "get", "This description"),
        Path("/docs", "get", "The same for people: every call on one page"),
    ]

    private static let id: JSON = ["type": "string", "pattern": "^[2-9A-HJ-NP-Za-km-z]{22}$"]
    private static let text: JSON = ["type": "string", "minLength": 1, "maxLength": 500]
    /// As the platform makes them.
    private static let key: JSON = ["type": "string", "pattern": "^[!-~]{1,64}$"]
    /// A number, or its digits for callers whose numbers lose some.
    private static let whole: JSON = [
        "type": ["integer", "string"], "minimum": 0, "maximum": .number("\(UInt64.max)"), "pattern": "^[0-9]{1,20}$",
    ]
    private static let time: JSON = [
        "type": ["string", "integer"], "format": "date-time", "minimum": 0, "maximum": .number("253402300799999"),
        "description": "RFC 3339, or epoch milliseconds",
    ]
    private static let address: JSON = ["type": "string", "pattern": "^(0x)?[0-9a-fA-F]{1,16}$"]
    private static let amount: JSON = [
        "type": "string", "pattern": "^[0-9]{1,11}(\\.[0-9]{1,8})?$", "description": "in FLOW",
    ]

    private static func inPath(_ name: String, of pattern: String) -> JSON {
        switch name {
        case "address": address
        case "subject": id
        case "name": ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"]
        case "id" where pattern.hasPrefix("/v1/ownership"): ["type": "string", "pattern": "^[0-9]{1,20}$"]
        case "id" where pattern.hasPrefix("/v1/purchases"): key
        default: ["type": "string", "minLength": 1]
        }
    }

    private static let inQuery: [String: JSON] = [
        "limit": ["type": "integer", "minimum": 1, "maximum": 1000], "height": ["type": "integer", "minimum": 0],
        "hours": ["type": "integer", "minimum": 1, "maximum": 8784],
        "wait": ["type": "integer", "minimum": 0, "maximum": 60],
        "minimum": ["type": "integer", "minimum": 1, "maximum": 1_000_000], "format": ["enum": ["json", "csv"]],
        "after": ["type": "string", "pattern": "^[0-9]{1,18}$"],
    ]

    private static func with(_ schema: JSON, oneOf fields: String...) -> JSON {
        .object(
            (schema.object ?? []) + [.init("anyOf", .array(fields.map { ["required": .array([JSON($0)])] }))])
    }

    private static func object(_ properties: [(String, JSON)], optional: Set<String> = []) -> JSON {
        [
            "type": "object", "additionalProperties": false,
            "required": .array(properties.map(\.0).filter { !optional.contains($0) }.map { JSON($0) }),
            "properties": .object(properties.map { .init($0, $1) }),
        ]
    }

    private static let row = with(
        object([("drop_id", key), ("address", address), ("holder", key)], optional: ["address", "holder"]),
        oneOf: "address", "holder")
    private static func list(_ items: JSON) -> JSON { ["type": "array", "minItems": 1, "items": items] }

    /// By operation type.
    static let payloads: [(OperationType, JSON)] = [
        (.createBrand, object([("brand_id", id), ("name", text)])),
        (
            .createPass,
            object(
                [
                    ("pass_id", id), ("brand_id", id), ("name", text), ("description", text), ("image", text),
                    ("max_supply", whole),
                ],
                optional: ["description", "image", "max_supply"])
        ),
        (
            .scheduleRelease,
            object(
                [
                    ("release_id", id), ("pass_id", id), ("supply", whole), ("mint", whole), ("price", amount),
                    ("starts_at", time), ("ends_at", time),
                ], optional: ["mint", "ends_at"])
        ),
        (
            .createCollectible,
            object(
                [
                    ("collectible_id", id), ("pass_id", id), ("brand_id", id), ("activation", text), ("name", text),
                    ("description", text), ("image", text), ("max_supply", whole),
                ], optional: ["description", "image", "max_supply"])
        ),
        (.drop, object([("collectible_id", id), ("recipients", list(row))])),
        (.airdropPass, ["oneOf": [object([("release_id", id), ("recipients", list(row))]), dropSweep]]),
        (.airdropCollectible, dropSweep),
        (.signupReminder, sweep),
        (.claimToken, object([("tokens", list(object([("token_id", whole), ("pass_id", id)])))])),
        (
            .createSubmission,
            object([
                ("submission_id", id), ("campaign_id", text), ("brand_id", id), ("submitter", text),
                ("content_hash", text),
            ])
        ),
        (
            .settlePurchase,
            [
                "oneOf": [
                    object([
                        (
                            "purchases",
                            list(
                                with(
                                    object(
                                        [("token_id", whole), ("address", address), ("holder", key)],
                                        optional: ["address", "holder"]), oneOf: "address", "holder")
                            )
                        )
                    ]), sweep,
                ]
            ]
        ),
        (.removeListing, ["oneOf": [object([("listing_ids", list(whole))]), sweep]]),
        (
            .settleLinkedWallet,
            object(
                [
                    ("holder", key), ("address", address), ("pass_token_ids", list(whole)),
                    ("collectible_token_ids", list(whole)),
                ],
                optional: ["pass_token_ids", "collectible_token_ids"])
        ),
    ]

    /// What a scheduled operation takes that looks up itself what there is to do.
    private static let sweep = object([("limit", whole)], optional: ["limit"])

    /// The same, of a running campaign where one is named.
    private static let dropSweep = object([("limit", whole), ("campaign", text)], optional: ["limit", "campaign"])

    private static let rule: [(String, JSON)] = [
        ("cron", text), ("rrule", text), ("time_zone", text), ("starts_at", time),
    ]

    private static let records: [JSON.Member] = [
        .init("Decision", object([("reason", text)])),
        .init(
            "Plan",
            object(
                [
                    ("type", ["enum": .array(OperationType.allCases.map { JSON($0.rawValue) })]),
                    ("payload", ["type": "object"]),
                ], optional: ["payload"])),
        .init(
            "IndexJob",
            object(
                [
                    ("kind", ["enum": ["backfill", "rebuild"]]), ("tracks", ["type": "array", "items": text]),
                    ("projections", ["type": "array", "items": text]), ("from", ["type": "integer", "minimum": 0]),
                ], optional: ["tracks", "projections", "from"])),
        .init(
            "Schedule",
            with(
                object(
                    [
                        ("type", ["enum": .array(OperationType.allCases.map { JSON($0.rawValue) })]),
                        ("payload", ["type": "object"]),
                        ("priority", ["type": "integer", "minimum": 0, "maximum": 100]),
                        ("missed", ["enum": .array(Schedule.MissedRuns.allCases.map { JSON($0.rawValue) })]),
                        ("missed_within_seconds", ["type": "integer", "minimum": 60, "maximum": 2_678_400]),
                        ("overlap", ["enum": .array(Schedule.Overlap.allCases.map { JSON($0.rawValue) })]),
                        ("on", ["type": "boolean"]),
                    ] + rule,
                    optional: [
                        "payload", "priority", "missed", "missed_within_seconds", "overlap", "on", "cron", "rrule",
                        "time_zone", "starts_at",
                    ]), oneOf: "cron", "rrule")),
        .init(
            "SchedulePreview",
            with(
                object(
                    rule + [("after", time), ("count", ["type": "integer", "minimum": 1, "maximum": 100])],
                    optional: ["cron", "rrule", "time_zone", "starts_at", "after", "count"]), oneOf: "cron", "rrule")),
        .init(
            "Campaign",
            object(
                [
                    ("kind", ["enum": .array(Sweep.DropKind.allCases.map { JSON($0.rawValue) })]), ("subject_id", id),
                    ("fallback", ["enum": .array(Campaign.Fallback.allCases.map { JSON($0.rawValue) })]),
                    ("priority", ["type": "integer", "minimum": 0, "maximum": 100]),
                    ("budget", amount),
                ], optional: ["fallback", "priority", "budget"])),
        .init("Recipients", object([("recipients", list(row))])),
        .init(
            "Start",
            object(
                [("at", time), ("by_schedule", ["type": "boolean"]), ("unchecked", ["type": "boolean"])],
                optional: ["at", "by_schedule", "unchecked"])),
        .init(
            "DropTable",
            object([
                ("kind", ["enum": .array(Sweep.DropKind.allCases.map { JSON($0.rawValue) })]),
                (
                    "rows",
                    list(
                        with(
                            object(
                                [("drop_id", key), ("address", address), ("holder", key), ("at", time)],
                                optional: ["address", "holder", "at"]), oneOf: "address", "holder"))
                ),
            ])),
        .init(
            "Purchase",
            with(
                object(
                    [
                        ("token_id", whole), ("price", amount), ("seller", address), ("buyer", address),
                        ("holder", key),
                        ("transaction_id", ["type": "string", "pattern": "^(0x)?[0-9a-fA-F]{64}$"]),
                        ("paid", ["type": "boolean"]),
                    ], optional: ["seller", "buyer", "holder", "transaction_id", "paid"]), oneOf: "buyer", "holder")),
        .init(
            "Webhook",
            object(
                [
                    ("url", ["type": "string", "pattern": "^https?://[A-Za-z0-9.-]{1,100}(/[!-~]*)?$"]),
                    ("topics", list(text)),
                    ("secret", ["type": "string", "pattern": "^whsec_"]),
                ], optional: ["topics", "secret"])),
        .init(
            "Token",
            object(
                [
                    ("name", text), ("scopes", list(["enum": .array(Scope.allCases.map { JSON($0.rawValue) })])),
                    ("expires_in_seconds", ["type": "integer", "minimum": 60]),
                    ("requests_per_second", ["type": "integer", "minimum": 1]),
                ], optional: ["expires_in_seconds", "requests_per_second"])),
        .init("Nonce", object([("person", key)])),
        .init(
            "WalletProof",
            object(
                [
                    ("nonce", ["type": "string", "pattern": "^[0-9a-fA-F]{64}$"]), ("address", address),
                    ("by", ["enum": ["account_proof", "user_signature"]]),
                    (
                        "signatures",
                        list([
                            "type": "object", "description": "FCL's CompositeSignature",
                            "required": ["addr", "keyId", "signature"],
                        ])
                    ),
                    (
                        "gate",
                        object([("group", id), ("minimum", ["type": "integer", "minimum": 1])], optional: ["minimum"])
                    ),
                ], optional: ["by", "gate"])),
        .init("Replay", object([("from", whole), ("through", whole)], optional: ["through"])),
        .init(
            "Claimant", object([("claimed_at", time), ("signed_up_at", time)], optional: ["signed_up_at"])),
    ]

    private static var schemas: [JSON.Member] {
        func operations(_ named: [(String, JSON)], optional: Set<String> = []) -> JSON {
            let all = payloads.map { type, payload in
                object(
                    [("type", ["const": JSON(type.rawValue)]), ("payload", payload)] + named + [
                        ("priority", ["type": "integer", "minimum": 0, "maximum": 100]), ("not_before", time),
                    ], optional: optional.union(["priority", "not_before"]))
            }
            return ["oneOf": .array(all)]
        }
        return [
            // Its key comes in a header.
            .init("Enqueue", operations([])), .init("EnqueueKeyed", operations([("idempotency_key", key)])),
        ] + records + [
            .init("EnqueueMany", object([("operations", list(["$ref": "#/components/schemas/EnqueueKeyed"]))])),
            .init(
                "Resolve",
                object(
                    [
                        ("as", ["enum": ["done", "failed", "retry"]]),
                        ("items", list(["type": "integer", "minimum": 0])), ("reason", text),
                    ], optional: ["items", "reason"])),
            .init(
                "Problem",
                [
                    "type": "object",
                    "properties": [
                        "type": text, "title": text, "status": ["type": "integer"], "detail": text,
                        "violations": list(object([("field", text), ("rule", text)])),
                    ],
                ]),
        ]
    }
}
