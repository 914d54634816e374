extension CadenceValue {
    /// An event's payload, in whichever encoding the node chose: CCF begins with a CBOR tag, JSON-CDC with text.
    public static func decodeEventPayload(_ bytes: [UInt8]) throws(CadenceCodingError) -> CadenceValue {
        try CCF.hasMessagePrefix(bytes) ? CCF.decode(bytes) : JSONCDC.decode(bytes)
    }
}
