/// Which chain. The id is part of every header and decides which addresses are valid.
public struct ChainID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ text: String) { self.rawValue = text }
    public var description: String { rawValue }

    public static let mainnet = ChainID("flow-mainnet")
    public static let testnet = ChainID("flow-testnet")
    public static let emulator = ChainID("flow-emulator")
    public static let localnet = ChainID("flow-localnet")
    public static let previewnet = ChainID("flow-previewnet")
}
