/// Bytes that are no message: why, at which byte, in which field.
public struct ProtobufError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// A value reaches past the end of its message.
        case truncated
        /// More than ten bytes, or more than 64 bits.
        case overlongVarint
        /// Field number 0, or above 2^29 - 1.
        case invalidFieldNumber
        /// Wire types 6 and 7, and a group's end without its start.
        case invalidWireType(UInt8)
        case invalidUTF8
        /// Messages or groups more than `ProtobufReader.maximumDepth` deep.
        case tooDeep
        /// The bytes are well-formed and mean nothing here, such as an id of 31 bytes.
        case invalidValue(String)
    }

    public var reason: Reason
    /// From the start of the outermost message.
    public var offset: Int
    /// Field names, outermost first.
    public var path: [String] = []

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public func within(_ field: String) -> ProtobufError {
        var copy = self
        copy.path.insert(field, at: 0)
        return copy
    }

    /// For a message whose bytes begin at `start` of the outermost one.
    public func moved(by start: Int) -> ProtobufError {
        var copy = self
        copy.offset += start
        return copy
    }

    public var description: String {
        let what =
            switch reason {
            case .truncated: "a value is cut off"
            case .overlongVarint: "a number is longer than 64 bits"
            case .invalidFieldNumber: "a field number is out of range"
            case .invalidWireType(let type): "wire type \(type) has no meaning there"
            case .invalidUTF8: "a text is not UTF-8"
            case .tooDeep: "messages are nested too deeply"
            case .invalidValue(let why): why
            }
        return "protobuf: \(what), at byte \(offset)" + (path.isEmpty ? "" : " in \(path.joined(separator: "."))")
    }
}
