import Cadence
import Devnet
import FlowClient

/// Filters of streams that could never match: refused when the stream is asked for, and not by silence.
extension AccessConformance {
    private static let mistaken: [(name: String, filter: EventFilter, words: String)] = [
        ("a type that is none", EventFilter(eventTypes: ["nonsense"]), "invalid event type nonsense"),
        (
            "one type of two that is none", EventFilter(eventTypes: ["flow.AccountCreated", "A.1.X"]),
            "invalid event type A.1.X"
        ),
        (
            "an address of another network", EventFilter(addresses: [foreign.hex]),
            "invalid address for chain: 1654653399040a61"
        ),
        ("an address that is none", EventFilter(addresses: ["nonsense"]), "invalid address for chain: nonsense"),
        ("a contract without an address", EventFilter(contracts: ["FlowToken"]), "invalid contract: FlowToken"),
        (
            "too many types", EventFilter(eventTypes: Array(repeating: "flow.AccountCreated", count: 1001)),
            "too many event types in filter (1001)"
        ),
    ]

    private static let mistakenAccounts: [(name: String, filter: AccountStatusFilter, words: String)] = [
        ("a type that is none", AccountStatusFilter(eventTypes: ["nonsense"]), "invalid event type nonsense"),
        (
            "one type of two that is none", AccountStatusFilter(eventTypes: ["flow.AccountCreated", ""]),
            "invalid event type "
        ),
        (
            "an event that tells of no account",
            AccountStatusFilter(eventTypes: ["A.0ae53cb6e3f42a79.FlowToken.TokensDeposited"]),
            "invalid event type A.0ae53cb6e3f42a79.FlowToken.TokensDeposited"
        ),
        (
            "an address of another network", AccountStatusFilter(addresses: [foreign]),
            "invalid address for chain: 1654653399040a61"
        ),
        (
            "the zero address beside a good one",
            AccountStatusFilter(addresses: [Address(rawValue: 0xf8d6_e058_6b0a_20c7), Address(rawValue: 0)]),
            "invalid address for chain: 0000000000000000"
        ),
        (
            "too many accounts",
            AccountStatusFilter(addresses: Array(repeating: Address(rawValue: 0xf8d6_e058_6b0a_20c7), count: 101)),
            "account limit exceeds, the limit is 100"
        ),
    ]

    static let filters: [AccessClaim] =
        mistaken.map { (name, filter, words) in
            let words = "invalid event filter: " + words
            return .refused("a stream of events by \(name)", .invalidArgument, words, overHTTP: words) { api, _ in
                try await first(
                    1, api.subscribeEvents(from: .height(0), filter: filter, heartbeat: 1, encoding: .jsonCDC))
            }
        }
        + mistakenAccounts.map { (name, filter, words) in
            let words = "invalid account status filter: " + words
            return .refused("a stream of accounts by \(name)", .invalidArgument, words, overHTTP: words) { api, _ in
                try await first(
                    1, api.subscribeAccountStatuses(from: .height(0), filter: filter, heartbeat: 1, encoding: .jsonCDC))
            }
        }
}
