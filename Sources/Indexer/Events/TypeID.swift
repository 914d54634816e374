package import Cadence

/// What a type id tells: `A.<address>.<Contract>.<Type>`.
package enum TypeID {
    /// `A.<address>.<Contract>`.
    static func contract(of type: String) -> String { type.split(separator: ".").prefix(3).joined(separator: ".") }

    /// The contract's account: its lockers and its treasury lie there.
    package static func account(of type: String) -> Address? {
        type.split(separator: ".").dropFirst().first.flatMap { Address($0) }
    }
}
