import Encoding
import FoundationEssentials

/// One signature as wallets hand it over: `{f_type: "CompositeSignature", f_vsn, addr, keyId, signature}`.
public struct CompositeSignature: Hashable, Sendable {
    /// 8 bytes.
    public var address: [UInt8]
    public var keyIndex: UInt32
    /// r‖s.
    public var signature: [UInt8]
    public var extensionData: [UInt8]

    public init(address: [UInt8], keyIndex: UInt32, signature: [UInt8], extensionData: [UInt8] = []) {
        self.address = address
        self.keyIndex = keyIndex
        self.signature = signature
        self.extensionData = extensionData
    }
}

extension CompositeSignature: Decodable {
    private enum Name: String, CodingKey {
        case type = "f_type"
        case addr, address, keyId, signature, sig, extensionData
    }

    /// Older wallets leave out the version, or say `address` and `sig`; addresses come with and without 0x, and short; some
    /// give `keyId` as text. A signature has no 0x: FCL takes none that has.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Name.self)
        if let type = try fields.decodeIfPresent(String.self, forKey: .type), type != "CompositeSignature" {
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: fields, debugDescription: "is no CompositeSignature")
        }
        let addressName: Name = fields.contains(.addr) ? .addr : .address
        guard let address = Self.address(try fields.decode(String.self, forKey: addressName)) else {
            throw DecodingError.dataCorruptedError(forKey: addressName, in: fields, debugDescription: "is no address")
        }
        let signatureName: Name = fields.contains(.signature) ? .signature : .sig
        let extensionData = try fields.decodeIfPresent(String.self, forKey: .extensionData)
        self.init(
            address: address, keyIndex: try Self.keyIndex(fields), signature: try Self.hex(signatureName, fields),
            extensionData: extensionData == nil ? [] : try Self.hex(.extensionData, fields))
    }

    private static func keyIndex(_ fields: KeyedDecodingContainer<Name>) throws -> UInt32 {
        guard let text = try? fields.decode(String.self, forKey: .keyId) else {
            return try fields.decode(UInt32.self, forKey: .keyId)
        }
        guard PlainText.isDigits(text), let index = UInt32(text) else {
            throw DecodingError.dataCorruptedError(forKey: .keyId, in: fields, debugDescription: "is no key index")
        }
        return index
    }

    private static func hex(_ name: Name, _ fields: KeyedDecodingContainer<Name>) throws -> [UInt8] {
        guard let bytes = Hex.decode(try fields.decode(String.self, forKey: name)) else {
            throw DecodingError.dataCorruptedError(forKey: name, in: fields, debugDescription: "is no hex")
        }
        return bytes
    }

    private static func address(_ text: String) -> [UInt8]? {
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        guard (1...16).contains(digits.utf8.count) else { return nil }
        return Hex.decode(String(repeating: "0", count: 16 - digits.utf8.count) + digits)
    }
}
