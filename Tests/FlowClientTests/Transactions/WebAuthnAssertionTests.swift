import Foundation
import Testing

@testable import FlowClient

struct WebAuthnAssertionTests {
    private let message = Transaction.domainTag + [1, 2, 3]
    // SHA2-256 of the message in unpadded base64url, by sha256sum and basenc.
    private let challenge = "KQURM9CfKNjeiL1c-X9DUCYoRvT40lnuU0fYaqhF8Rk"

    private func clientData(type: String = "webauthn.get", challenge: String) -> [UInt8] {
        Array(#"{"type":"\#(type)","challenge":"\#(challenge)","origin":"https://weir.example"}"#.utf8)
    }

    private func authenticatorData(flags: UInt8 = 5, more: [UInt8] = []) -> [UInt8] {
        [UInt8](repeating: 0xab, count: 32) + [flags, 0, 0, 0, 1] + more
    }

    private func refusal(_ authenticatorData: [UInt8], _ clientData: [UInt8]) -> WebAuthnAssertion.Refusal? {
        do throws(WebAuthnAssertion.Refusal) {
            _ = try WebAuthnAssertion(authenticatorData: authenticatorData, clientDataJSON: clientData)
                .signedMessage(for: message)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a good assertion is read, and says what was signed`() throws {
        let assertion = WebAuthnAssertion(
            authenticatorData: authenticatorData(), clientDataJSON: clientData(challenge: challenge))
        let read = try WebAuthnAssertion(extensionData: assertion.extensionData)
        #expect(read == assertion)
        let signed = try read.signedMessage(for: message)
        #expect(signed.count == 37 + 32)
        #expect(Array(signed.prefix(37)) == authenticatorData())
    }

    @Test func `what a node refuses is refused`() {
        let good = clientData(challenge: challenge)
        #expect(refusal(authenticatorData(), good) == nil)
        #expect(refusal(authenticatorData(), clientData(type: "webauthn.create", challenge: challenge)) == .wrongType)
        #expect(refusal(authenticatorData(), clientData(challenge: String(challenge.reversed()))) == .wrongChallenge)
        #expect(refusal(authenticatorData(), clientData(challenge: challenge + "=")) == .wrongChallenge)
        #expect(refusal(authenticatorData(), [1, 2]) == .badClientData)
        #expect(refusal(authenticatorData(), Array("[]".utf8)) == .badClientData)
        #expect(refusal(Array(authenticatorData().dropLast()), good) == .shortAuthenticatorData)
        #expect(refusal(authenticatorData(flags: 4), good) == .userNotPresent)
        #expect(refusal(authenticatorData(flags: 0x11), good) == .backupWithoutEligibility)
        #expect(refusal(authenticatorData(flags: 0x19), good) == nil)
        #expect(refusal(authenticatorData(flags: 0x81), good) == .wrongExtensionFlags)
        #expect(refusal(authenticatorData(flags: 1, more: [0]), good) == .wrongExtensionFlags)
        #expect(refusal(authenticatorData(flags: 0x41, more: [0]), good) == nil)
        #expect(refusal(Transaction.domainTag + [1, 0, 0, 0, 0], good) == .domainTagAsRelyingParty)
    }

    @Test(arguments: [
        [], [0], [2], [1], [1, 0xc0], [1, 0xc1, 0x80], [1, 0xc3, 1, 2, 3], [1, 0xc2, 0xc0, 0x80], [1, 0xc2, 1, 2, 0],
    ])
    func `extension data of another shape is refused`(bytes: [UInt8]) {
        #expect(throws: WebAuthnAssertion.Refusal.self) { try WebAuthnAssertion(extensionData: bytes) }
    }
}
