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
