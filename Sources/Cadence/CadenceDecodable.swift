/// A Swift type that a Cadence value can be read as. Structs take their fields one by one:
///
///     struct Minted: CadenceDecodable {
///         var id: UInt64
///         var recipient: Address?
///         init(cadence value: CadenceValue) throws(CadenceCodingError) {
///             let event = try CadenceComposite(cadence: value)
///             id = try event.required("id")
///             recipient = try event.required("recipient")
///         }
///     }
public protocol CadenceDecodable {
    /// Throws a mismatch that says what was expected and what was there.
    init(cadence value: CadenceValue) throws(CadenceCodingError)
}

extension CadenceValue {
    /// This value as a Swift type.
    public func decoded<T: CadenceDecodable>(as type: T.Type = T.self) throws(CadenceCodingError) -> T {
        try T(cadence: self)
    }

    func mismatch(_ wanted: String) -> CadenceCodingError {
        CadenceCodingError(.mismatch, "\(jsonTypeName) where \(wanted) was expected")
    }
}

extension CadenceComposite {
    /// The field of that name. Throws where there is none, or where it is something else; the error names the path to it.
    public func required<T: CadenceDecodable>(_ name: String, as type: T.Type = T.self) throws(CadenceCodingError) -> T
    {
        guard let value = self[name] else {
            throw CadenceCodingError(.mismatch, "\(typeID) has no field \(name)")
        }
        do { return try T(cadence: value) } catch { throw error.inside(".\(name)") }
    }

    /// The field of that name, nil where there is none: for fields that a contract got later, or lost.
    public func present<T: CadenceDecodable>(_ name: String, as type: T.Type = T.self) throws(CadenceCodingError) -> T?
    {
        self[name] == nil ? nil : try required(name, as: T.self)
    }
}

extension CadenceValue: CadenceDecodable {
    public init(cadence value: CadenceValue) { self = value }
}

extension CadenceComposite: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let composite = value.asComposite else { throw value.mismatch("a composite") }
        self = composite
    }
}

extension Bool: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let bool = value.asBool else { throw value.mismatch("Bool") }
        self = bool
    }
}

extension String: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let text = value.asString else { throw value.mismatch("String") }
        self = text
    }
}

extension Address: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let address = value.asAddress else { throw value.mismatch("Address") }
        self = address
    }
}

extension BigInt: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let number = value.asBigInt else { throw value.mismatch("an integer") }
        self = number
    }
}

extension UFix64: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let number = value.asUFix64 else { throw value.mismatch("UFix64") }
        self = number
    }
}

extension Fix64: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let number = value.asFix64 else { throw value.mismatch("Fix64") }
        self = number
    }
}

extension CadencePath: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let path = value.asPath else { throw value.mismatch("Path") }
        self = path
    }
}

extension CadenceType: CadenceDecodable {
    /// What a Type value names.
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let type = value.asType else { throw value.mismatch("Type") }
        self = type
    }
}

extension CadenceCapability: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard case .capability(let capability) = value else { throw value.mismatch("Capability") }
        self = capability
    }
}

extension Character: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard case .character(let text) = value, text.count == 1 else { throw value.mismatch("Character") }
        self = text[text.startIndex]
    }
}

/// A Swift enum for a Cadence enum: `enum Kind: UInt8, CadenceDecodable { case common, rare }`. A raw value that the Swift
/// enum does not have is a mismatch: a contract may have got cases since.
extension CadenceDecodable where Self: RawRepresentable, RawValue: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let composite = value.asComposite, composite.kind == .enumeration else { throw value.mismatch("an enum") }
        let raw: RawValue = try composite.required("rawValue")
        guard let known = Self(rawValue: raw) else {
            throw CadenceCodingError(
                .mismatch, "\(composite.typeID) has a case \(raw) that \(Self.self) has not", path: ".rawValue")
        }
        self = known
    }
}

extension CadenceDecodable where Self: FixedWidthInteger {
    /// Reads any integer that fits.
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let number = value.asInteger(Self.self) else {
            guard value.asBigInt != nil else { throw value.mismatch("an integer") }
            throw CadenceCodingError(.mismatch, "the number does not fit \(Self.self)")
        }
        self = number
    }
}

extension Int: CadenceDecodable {}
extension Int8: CadenceDecodable {}
extension Int16: CadenceDecodable {}
extension Int32: CadenceDecodable {}
extension Int64: CadenceDecodable {}
extension Int128: CadenceDecodable {}
extension UInt: CadenceDecodable {}
extension UInt8: CadenceDecodable {}
extension UInt16: CadenceDecodable {}
extension UInt32: CadenceDecodable {}
extension UInt64: CadenceDecodable {}
extension UInt128: CadenceDecodable {}

extension Optional: CadenceDecodable where Wrapped: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard case .optional(let inner) = value else { throw value.mismatch("an optional") }
        guard let inner else {
            self = .none
            return
        }
        self = .some(try Wrapped(cadence: inner))
    }
}

extension Array: CadenceDecodable where Element: CadenceDecodable {
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let elements = value.asArray else { throw value.mismatch("an array") }
        self = []
        reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            do { append(try Element(cadence: element)) } catch { throw error.inside("[\(index)]") }
        }
    }
}

extension Dictionary: CadenceDecodable where Key: CadenceDecodable, Value: CadenceDecodable {
    /// Of pairs with one key, the last counts.
    public init(cadence value: CadenceValue) throws(CadenceCodingError) {
        guard let pairs = value.asDictionary else { throw value.mismatch("a dictionary") }
        self = [:]
        reserveCapacity(pairs.count)
        for (index, pair) in pairs.enumerated() {
            do { self[try Key(cadence: pair.key)] = try Value(cadence: pair.value) } catch {
                throw error.inside("[\(index)]")
            }
        }
    }
}
