/// The hash of an account key. Which of the two a signature uses is a property of the key, whatever its curve.
public enum HashAlgorithm: String, Hashable, Sendable, CaseIterable {
    case sha2_256 = "SHA2_256"
    case sha3_256 = "SHA3_256"

    public var protoCode: ProtoCode {
        switch self {
        case .sha2_256: 1
        case .sha3_256: 3
        }
    }

    public var rlpCode: RLPCode { RLPCode(protoCode.rawValue) }

    public var cadenceCode: CadenceCode {
        switch self {
        case .sha2_256: 1
        case .sha3_256: 3
        }
    }

    public init?(protoCode: ProtoCode) {
        guard let found = Self.allCases.first(where: { $0.protoCode == protoCode }) else { return nil }
        self = found
    }

    public init?(rlpCode: RLPCode) {
        self.init(protoCode: ProtoCode(rlpCode.rawValue))
    }

    public init?(cadenceCode: CadenceCode) {
        guard let found = Self.allCases.first(where: { $0.cadenceCode == cadenceCode }) else { return nil }
        self = found
    }
}
