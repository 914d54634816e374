import Encoding

/// The id of a nominal type, such as `A.f8d6e0586b0a20c7.NovaPass.NFT`: where it was declared and its qualified name.
public struct CadenceTypeIdentifier: Hashable, Sendable, CustomStringConvertible {
    public enum Location: Hashable, Sendable {
        /// A contract at an account.
        case address(Address)
        case script(String)
        case transaction(String)
        case string(String)
        case identifier(String)
        case flow
        /// Of the EVM on Flow: `evm.TransactionExecuted` (onflow/flow-go:fvm/evm/types/events.go).
        case evm
        case repl
        /// Built in, such as `PublicKey`.
        case native
    }

    public var location: Location
    /// Such as `NovaPass.NFT`; empty where the id has no more than a location.
    public var qualifiedIdentifier: String

    /// The first part of the qualified name: for an address location, the contract.
    public var contract: String {
        String(qualifiedIdentifier.prefix { $0 != "." })
    }

    /// Nil where the text is not an id that Cadence knows (onflow/cadence:common/location.go and its siblings):
    /// A and hex of at most 8 bytes, s or t and hex, S, I, flow, evm, REPL, or a built-in composite's name.
    public init?(_ text: String) {
        let pieces = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        let rest = pieces.count > 2 ? String(pieces[2]) : ""
        switch pieces[0] {
        case "A":
            guard pieces.count > 1, let bytes = Hex.decode(pieces[1]), bytes.count <= 8 else { return nil }
            location = .address(Address(rawValue: bytes.reduce(0) { $0 << 8 | UInt64($1) }))
            qualifiedIdentifier = rest
        case "s", "t":
            // The id is 32 bytes; shorter ones are filled up and longer ones cut, as the chain does.
            guard pieces.count > 1, let bytes = Hex.decode(pieces[1]) else { return nil }
            let hex = Hex.encode(bytes.prefix(32) + [UInt8](repeating: 0, count: max(0, 32 - bytes.count)))
            location = pieces[0] == "s" ? .script(hex) : .transaction(hex)
            qualifiedIdentifier = rest
        case "S", "I":
            guard pieces.count > 1 else { return nil }
            location = pieces[0] == "S" ? .string(String(pieces[1])) : .identifier(String(pieces[1]))
            qualifiedIdentifier = rest
        case "evm":
            guard pieces.count > 1, !pieces[1].isEmpty else { return nil }
            location = .evm
            qualifiedIdentifier = pieces.dropFirst().joined(separator: ".")
        case "flow", "REPL":
            location = pieces[0] == "flow" ? .flow : .repl
            qualifiedIdentifier = pieces.dropFirst().joined(separator: ".")
        default:
            guard CadenceSimpleType.nativeComposites.contains(text) else { return nil }
            location = .native
            qualifiedIdentifier = text
        }
    }

    /// The id as Cadence writes it: address and hashes in full.
    public var description: String {
        switch location {
        case .address(let address): "A.\(address.hex).\(qualifiedIdentifier)"
        case .script(let hash): "s.\(hash).\(qualifiedIdentifier)"
        case .transaction(let hash): "t.\(hash).\(qualifiedIdentifier)"
        case .string(let name): "S.\(name).\(qualifiedIdentifier)"
        case .identifier(let name): "I.\(name).\(qualifiedIdentifier)"
        case .flow: "flow.\(qualifiedIdentifier)"
        case .evm: "evm.\(qualifiedIdentifier)"
        case .repl: "REPL.\(qualifiedIdentifier)"
        case .native: qualifiedIdentifier
        }
    }
}
