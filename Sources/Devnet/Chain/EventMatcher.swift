import Cadence
import Encoding
import FlowClient

/// Which events a stream is asked for: by type, by contract or by the contract's account, any of them; all where nothing
/// is named (onflow/flow-go:engine/access/state_stream/filter.go).
struct EventMatcher: Sendable {
    private let types: Set<String>
    private let contracts: Set<String>
    private let addresses: Set<String>
    private var isEverything: Bool { types.isEmpty && contracts.isEmpty && addresses.isEmpty }

    init(_ filter: EventFilter) {
        types = Set(filter.eventTypes)
        contracts = Set(filter.contracts)
        addresses = Set(filter.addresses.compactMap { Address($0)?.hex })
    }

    func matches(_ event: Event) -> Bool {
        if isEverything || types.contains(event.type) { return true }
        let parts = event.type.split(separator: ".")
        guard parts.count >= 4, parts[0] == "A" else { return contracts.contains("flow") && parts.first == "flow" }
        return contracts.contains(parts[..<3].joined(separator: ".")) || addresses.contains(String(parts[1]))
    }

    /// What is wrong with a filter, if anything is, in a node's words: what could never match is refused.
    static func mistake(in filter: EventFilter) -> String? {
        for (what, values) in [
            ("event types", filter.eventTypes), ("addresses", filter.addresses), ("contracts", filter.contracts),
        ] where values.count > 1000 {
            return "too many \(what) in filter (\(values.count)). use 1000 or fewer"
        }
        for type in filter.eventTypes where !isValid(type) {
            return "invalid event type \(type): invalid event type: \(type)"
        }
        for address in filter.addresses where Address(address)?.isValid(on: .emulator) != true {
            return "invalid address for chain: \(Address(address)?.hex ?? address)"
        }
        for contract in filter.contracts where contract != "flow" {
            let parts = contract.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "A" else { return "invalid contract: \(contract)" }
        }
        return nil
    }

    /// `A.<16 hex digits>.Contract.Event`, perhaps nested deeper, or `flow.Event`.
    static func isValid(_ type: String) -> Bool {
        let parts = type.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty }) else { return false }
        if parts[0] == "flow" { return parts.count == 2 }
        return parts.count >= 4 && parts[0] == "A" && parts[1].utf8.count == 16 && Hex.decode(parts[1]) != nil
    }
}

/// Core events of accounts, by account.
struct AccountStatusMatcher: Sendable {
    static let types: Set<String> = [
        "flow.AccountCreated", "flow.AccountKeyAdded", "flow.AccountKeyRemoved", "flow.AccountContractAdded",
        "flow.AccountContractUpdated", "flow.AccountContractRemoved", "flow.InboxValuePublished",
        "flow.InboxValueUnpublished", "flow.InboxValueClaimed",
    ]
    private let types: Set<String>
    private let addresses: Set<Address>

    init(_ filter: AccountStatusFilter) {
        types = filter.eventTypes.isEmpty ? Self.types : Set(filter.eventTypes)
        addresses = Set(filter.addresses)
    }

    /// What is wrong with a filter, if anything is (onflow/flow-go:engine/access/state_stream/account_status_filter.go).
    static func mistake(in filter: AccountStatusFilter) -> String? {
        if filter.addresses.count > 100 { return "account limit exceeds, the limit is 100" }
        for type in filter.eventTypes where !types.contains(type) { return "invalid event type \(type)" }
        for address in filter.addresses where !address.isValid(on: .emulator) {
            return "invalid address for chain: \(address.hex)"
        }
        return nil
    }

    func results(of block: BlockRecord, encoding: EventEncoding) throws -> [AccountStatusesMessage.AccountEvents] {
        var found: [Address: [Event]] = [:]
        for event in block.userEvents where types.contains(event.type) {
            guard case .composite(let composite) = try CCF.decode(event.payload),
                case .address(let address) = composite["address"], addresses.isEmpty || addresses.contains(address)
            else { continue }
            found[address, default: []].append(try event.encoded(encoding))
        }
        return found.sorted { $0.key < $1.key }.map { address, events in
            var result = AccountStatusesMessage.AccountEvents()
            result.address = address
            result.events = events
            return result
        }
    }
}
