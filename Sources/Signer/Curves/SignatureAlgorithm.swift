/// The curve of an account key. (BLS exists on the chain, but not for accounts.)
public enum SignatureAlgorithm: String, Hashable, Sendable, CaseIterable {
    case ecdsaP256 = "ECDSA_P256"
    case ecdsaSecp256k1 = "ECDSA_secp256k1"

    public var protoCode: ProtoCode {
        switch self {
        case .ecdsaP256: 2
        case .ecdsaSecp256k1: 3
        }
    }

    public var rlpCode: RLPCode { RLPCode(protoCode.rawValue) }

    public var cadenceCode: CadenceCode {
        switch self {
        case .ecdsaP256: 1
        case .ecdsaSecp256k1: 2
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

    /// The curve's name where people write it: P-256 or secp256k1.
    public var curveName: String {
        switch self {
        case .ecdsaP256: "P-256"
        case .ecdsaSecp256k1: "secp256k1"
        }
    }

    public init?(curveName: String) {
        guard let found = Self.allCases.first(where: { $0.curveName == curveName }) else { return nil }
        self = found
    }
}
