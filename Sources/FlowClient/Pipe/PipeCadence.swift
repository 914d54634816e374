extension PipeOperations {
    /// What needs the Cadence codecs.
    public static let cadence = [
        PipeOperation("decode-json") { input in
            guard let text = input.string else { throw PipeError("a string was expected: JSON-CDC text") }
            let value = try JSONCDC.decode(text)
            return ["type": typeID(of: value), "json": .string(String(decoding: JSONCDC.encode(value), as: UTF8.self))]
        }
    ]

    static func typeID(of value: CadenceValue) -> PipeJSON {
        value.typeID.map { .string($0) } ?? .null
    }

    /// The bytes that a line's hex stands for.
    static func bytes(_ input: PipeJSON, _ what: String) throws(PipeError) -> [UInt8] {
        guard let hex = input.string, let bytes = Hex.decode(hex) else {
            throw PipeError("hex was expected: \(what)")
        }
        return bytes
    }
}
