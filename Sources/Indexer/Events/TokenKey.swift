package import Cadence
import FlowClient

/// A token: an NFT's id is unique only within its type.
package struct TokenKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The full type id, such as `A.179b6b1cb6755e31.NovaPass.NFT`.
    package var type: String
    package var id: UInt64

    package init(type: String, id: UInt64) {
        self.type = type
        self.id = id
    }

    package static func < (a: Self, b: Self) -> Bool { (a.type, a.id) < (b.type, b.id) }
    package var description: String { "\(type)#\(id)" }

    var contractAccount: Address? { TypeID.account(of: type) }
}

/// Who has a token. The treasury and every locker lie in one account: the collection tells them apart, never the address.
package enum Owner: Hashable, Sendable {
    case wallet(Address)
    /// The contract's own account: minted and not given away, or sent back.
    case treasury(Address)
    /// Kept by the contract for somebody without a wallet, under the platform's key for them.
    case locker(holder: String)
    /// Taken out of a collection and put into none that lies in an account.
    case limbo

    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case wallet, treasury, locker, limbo
    }

    package var kind: Kind {
        switch self {
        case .wallet: .wallet
        case .treasury: .treasury
        case .locker: .locker
        case .limbo: .limbo
        }
    }

    /// An address of 16 hex digits, a locker's holder, or nothing: as the tables have it.
    package var text: String {
        switch self {
        case .wallet(let address), .treasury(let address): address.hex
        case .locker(let holder): holder
        case .limbo: ""
        }
    }

    /// Nil where the text is not one that `text` gives.
    package init?(kind: Kind, text: String) {
        switch kind {
        case .wallet, .treasury:
            guard let address = Address(text) else { return nil }
            self = kind == .wallet ? .wallet(address) : .treasury(address)
        case .locker: self = .locker(holder: text)
        case .limbo: self = .limbo
        }
    }
}

extension TrackedContracts {
    /// Whoever has what lies in an account: a contract's own is nobody's wallet to it, but the treasury.
    package func owner(at address: Address) -> Owner {
        nfts.contains { TypeID.account(of: $0.type) == address } ? .treasury(address) : .wallet(address)
    }
}

extension Owner {
    /// As people name one: an address, or `locker:HOLDER`. Nil where it is neither.
    package init?(asked text: String) {
        if text.hasPrefix("locker:") {
            self = .locker(holder: String(text.dropFirst("locker:".count)))
        } else {
            self.init(kind: .wallet, text: text)
        }
    }

    /// Who has what lay in a collection of this owner's, once that lies in another account. Nil for who has nothing in a
    /// collection of theirs: a locker stays its holder's, wherever it is.
    func moved(to account: Address, contract: Address?) -> Owner? {
        switch self {
        case .wallet, .treasury, .limbo: account == contract ? .treasury(account) : .wallet(account)
        case .locker: nil
        }
    }

    package var address: Address? {
        switch self {
        case .wallet(let address), .treasury(let address): address
        case .locker, .limbo: nil
        }
    }

    package var holder: String? { if case .locker(let holder) = self { holder } else { nil } }
}
