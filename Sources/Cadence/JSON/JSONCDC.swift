/// JSON-Cadence, the text form of Cadence values: arguments, script results, and events where CCF was not asked for.
/// Rules: onflow/cadence:encoding/json.
public enum JSONCDC {
    /// Which of its forms are read.
    public enum Forms: Sendable {
        /// As nodes have written it since Cadence 1.0. Anything older is refused.
        case current
        /// What was written before 1.0 as well, and is in the blocks of that time for ever: capabilities that are a path, restricted types,
        /// references that are `authorized` or not, types of which only the id was told. The reference's options
        /// WithBackwardsCompatibility and WithAllowUnstructuredStaticTypes together.
        case historic
    }

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
