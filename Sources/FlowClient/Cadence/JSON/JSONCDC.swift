/// JSON-Cadence, the text form of Cadence values: arguments, script results, and events where CCF was not asked for.
/// Rules: onflow/cadence:encoding/json.
public enum JSONCDC {
    /// What a value may cost to read. The bounds are far above what the chain can emit in one event or result.
    public struct Limits: Sendable {
        /// Bytes of one text.
        public var bytes: Int
        /// JSON containers inside of one another.
        public var depth: Int
        /// JSON values of any kind in one text.
        public var elements: Int

        public init(bytes: Int = 64 << 20, depth: Int = 512, elements: Int = 8_000_000) {
            self.bytes = bytes
            self.depth = depth
            self.elements = elements
        }
    }
}
