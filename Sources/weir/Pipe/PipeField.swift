import Cadence
import Encoding
import FlowClient

/// A value with the path that led to it, so that an error can say where it is wrong.
struct PipeField: Sendable {
    let value: JSON
    let path: String

    init(_ value: JSON, path: String = "the line") {
        self.value = value
        self.path = path
    }

    /// A member that must be there and must not be null.
    subscript(_ name: String) -> PipeField {
        get throws(PipeError) {
            guard case .object = value else { throw wrong("an object") }
            guard let member = value[name] else { throw PipeError("\(child(name)) is missing") }
            return PipeField(member, path: child(name))
        }
    }

    /// A member that may be left out or null.
    func optional(_ name: String) throws(PipeError) -> PipeField? {
        guard case .object = value else { throw wrong("an object") }
        guard let member = value[name], !member.isNull else { return nil }
        return PipeField(member, path: child(name))
    }

    func text() throws(PipeError) -> String {
        guard let text = value.string else { throw wrong("a string") }
        return text
    }

    /// The bytes that hex stands for; where `count` is given, as many and no others.
    func hex(count: Int? = nil) throws(PipeError) -> [UInt8] {
        guard let bytes = Hex.decode(try text()) else { throw wrong("hex with two digits a byte") }
        if let count, bytes.count != count { throw wrong("\(count) bytes in hex, not \(bytes.count)") }
        return bytes
    }

    func number(upTo maximum: UInt64 = .max) throws(PipeError) -> UInt64 {
        guard let number = value.uint64, number <= maximum else { throw wrong("a whole number from 0 to \(maximum)") }
        return number
    }

    func list() throws(PipeError) -> [PipeField] {
        guard let elements = value.array else { throw wrong("an array") }
        return elements.enumerated().map { PipeField($1, path: "\(path)[\($0)]") }
    }

    func address() throws(PipeError) -> Address {
        guard let address = Address(try text()) else { throw wrong("an address of 1 to 16 hex digits") }
        return address
    }

    func wrong(_ expected: String) -> PipeError { PipeError("\(path): expected \(expected)") }

    private func child(_ name: String) -> String { path == "the line" ? name : "\(path).\(name)" }
}
