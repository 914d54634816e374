import Devnet
import FlowClient
import Foundation
import Signer
import Testing

/// Signatures of passkeys: the key signs authenticator data and client data, and the message is their challenge (FLIP 264).
@Suite(.timeLimit(.minutes(1)))
struct PasskeyTests {
    private enum Harm: CaseIterable { case none, challenge, presence, signature, extensionData, scheme, clientData }

    private func outcome(_ harm: Harm) async throws -> TransactionFailure? {
        let chain = try await TestChain.make()
        var transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        transaction.envelopeSignatures = []
        let message = transaction.envelopeMessage()
        let challenge = Data(Digest.hash(harm == .challenge ? message + [0] : message, with: .sha2_256).bytes)
            .base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        let clientData = Array(
            #"{"type":"webauthn.get","challenge":"\#(challenge)","origin":"https://weir.example"}"#.utf8)
        let authenticator = [UInt8](repeating: 0xab, count: 32) + [harm == .presence ? 0 : 5, 0, 0, 0, 1]
        var assertion = WebAuthnAssertion(authenticatorData: authenticator, clientDataJSON: clientData)
        var signature = try await Keys.service.sign(authenticator + Digest.hash(clientData, with: .sha2_256).bytes)
        if harm == .signature { signature[40] ^= 1 }
        if harm == .clientData { assertion.clientDataJSON += [0x20] }
        var extensionData = assertion.extensionData
        if harm == .extensionData { extensionData.removeLast() }
        if harm == .scheme { extensionData[0] = 2 }
        transaction.addEnvelopeSignature(
            .init(address: chain.service.address, keyIndex: 0, signature: signature, extensionData: extensionData))
        return TransactionFailure.classify(try await chain.client.run(transaction))
    }

    @Test func `a transaction that a passkey signed is executed`() async throws {
        #expect(try await outcome(.none) == nil)
    }

    @Test(arguments: Harm.allCases.filter { $0 != .none })
    private func `whatever is wrong with the assertion, nothing runs and no number is used`(harm: Harm) async throws {
        do {
            let failure = try #require(try await outcome(harm))
            #expect(failure.effect == .untouched)
            #expect(failure.culprit == .proposalKey || failure.culprit == .signature)
        } catch let error as AccessError {
            // Of no known scheme: the node does not take it.
            #expect(harm == .scheme && error.sendJudgement == .refused)
        }
    }
}
