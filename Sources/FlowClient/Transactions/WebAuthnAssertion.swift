import CCrypto
import Encoding

/// What a passkey signs in place of a transaction's message (FLIP 264; onflow/flow-go:model/flow/webauthn.go).
public struct WebAuthnAssertion: Hashable, Sendable {
    public var authenticatorData: [UInt8]
    public var clientDataJSON: [UInt8]

    /// Why a node would refuse it.
    public enum Refusal: String, Error, Sendable, CustomStringConvertible {
        case otherScheme = "the extension data is not of the WebAuthn scheme"
        case malformed = "the extension data is not RLP of two byte strings"
        case badClientData = "the client data is no JSON with a type and a challenge"
        case wrongType = "the client data's type is not webauthn.get"
        case wrongChallenge = "the challenge is not the SHA2-256 of the message"
        case shortAuthenticatorData = "the authenticator data has fewer than 37 bytes"
        case domainTagAsRelyingParty = "the relying party's hash is the transaction domain tag"
        case userNotPresent = "the user was not present"
        case backupWithoutEligibility = "backed up without being eligible for it"
        case wrongExtensionFlags = "extensions and their flags do not agree"
        public var description: String { rawValue }
    }

    public init(authenticatorData: [UInt8], clientDataJSON: [UInt8]) {
        self.authenticatorData = authenticatorData
        self.clientDataJSON = clientDataJSON
    }

    /// Reads 0x01 ‖ RLP([authenticatorData, clientDataJSON]).
    public init(extensionData: [UInt8]) throws(Refusal) {
        guard extensionData.first == 1 else { throw .otherScheme }
        guard let item = try? RLP.decode(Array(extensionData.dropFirst())), case .list(let fields) = item,
            fields.count == 2,
            case .bytes(let authenticatorData) = fields[0], case .bytes(let clientDataJSON) = fields[1]
        else { throw .malformed }
        self.init(authenticatorData: authenticatorData, clientDataJSON: clientDataJSON)
    }

    public var extensionData: [UInt8] {
        [1] + RLP.encode(.list([.bytes(authenticatorData), .bytes(clientDataJSON)]))
    }

    /// The bytes that the passkey signed for this message (domain tag and RLP of payload or envelope): authenticator data,
    /// then the SHA2-256 of the client data. They are hashed again, with the key's own hash, and verified.
    public func signedMessage(for message: [UInt8]) throws(Refusal) -> [UInt8] {
        try checkClientData(message)
        try checkAuthenticatorData()
        return authenticatorData + Self.sha256(clientDataJSON)
    }

    private func checkClientData(_ message: [UInt8]) throws(Refusal) {
        let read: JSON?
        do { read = try JSON(parsing: clientDataJSON) } catch { read = nil }
        guard let type = read?["type"]?.string, let challenge = read?["challenge"]?.string else { throw .badClientData }
        guard type == "webauthn.get" else { throw .wrongType }
        guard Base64URL.decode(challenge) == Self.sha256(message) else { throw .wrongChallenge }
    }

    private func checkAuthenticatorData() throws(Refusal) {
        guard authenticatorData.count >= 37 else { throw .shortAuthenticatorData }
        guard Array(authenticatorData[..<32]) != Transaction.domainTag else { throw .domainTagAsRelyingParty }
        let flags = authenticatorData[32]
        guard flags & 0x01 != 0 else { throw .userNotPresent }
        guard flags & 0x10 == 0 || flags & 0x08 != 0 else { throw .backupWithoutEligibility }
        guard (authenticatorData.count > 37) == (flags & 0xc0 != 0) else { throw .wrongExtensionFlags }
    }

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = SHA256(bytes, bytes.count, &digest)
        return digest
    }
}
