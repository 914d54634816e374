import Cadence
import FlowClient
import Testing

struct SigningPlanTests {
    private static let a = Address("0a")!
    private static let b = Address("0b")!
    private static let c = Address("0c")!

    private func transaction(proposer: Address, key: KeyIndex, payer: Address, authorizers: [Address]) -> Transaction {
        Transaction(
            script: [], arguments: [], referenceBlockID: .zero,
            proposalKey: .init(address: proposer, keyIndex: key, sequenceNumber: 0), payer: payer,
            authorizers: authorizers)
    }

    private func key(_ address: Address, _ index: KeyIndex, _ weight: Int, revoked: Bool = false) -> SigningPlan.Key {
        .init(address: address, keyIndex: index, weight: weight, isRevoked: revoked)
    }

    private func signers(_ pairs: (Address, KeyIndex)...) -> [SigningPlan.Signer] {
        pairs.map { .init(address: $0.0, keyIndex: $0.1) }
    }

    @Test func `one account in all roles signs the envelope only`() throws {
        let plan = try SigningPlan(
            for: transaction(proposer: Self.a, key: 0, payer: Self.a, authorizers: [Self.a]),
            keys: [key(Self.a, 0, 1000)])
        #expect(plan.payload.isEmpty)
        #expect(plan.envelope == signers((Self.a, 0)))
    }

    @Test func `a proposal key without weight signs beside the key that has it`() throws {
        let plan = try SigningPlan(
            for: transaction(proposer: Self.a, key: 7, payer: Self.a, authorizers: [Self.a]),
            keys: [key(Self.a, 0, 1000), key(Self.a, 7, 0), key(Self.a, 8, 0)])
        #expect(plan.envelope == signers((Self.a, 0), (Self.a, 7)))
    }

    @Test func `three accounts: proposer and authorizer sign the payload, the payer the envelope`() throws {
        let plan = try SigningPlan(
            for: transaction(proposer: Self.a, key: 3, payer: Self.b, authorizers: [Self.c, Self.b]),
            keys: [key(Self.a, 3, 0), key(Self.a, 0, 1000), key(Self.b, 1, 1000), key(Self.c, 2, 1000)])
        #expect(plan.payload == signers((Self.a, 3), (Self.c, 2)))
        #expect(plan.envelope == signers((Self.b, 1)))
    }

    @Test func `a proposer that authorizes needs its weight in the payload`() throws {
        let plan = try SigningPlan(
            for: transaction(proposer: Self.a, key: 3, payer: Self.b, authorizers: [Self.a]),
            keys: [key(Self.a, 3, 400), key(Self.a, 4, 500), key(Self.a, 5, 600), key(Self.b, 1, 1000)])
        #expect(plan.payload == signers((Self.a, 3), (Self.a, 5)))
    }

    @Test func `halves are added up, the heaviest first, and revoked ones passed over`() throws {
        let plan = try SigningPlan(
            for: transaction(proposer: Self.a, key: 0, payer: Self.a, authorizers: []),
            keys: [
                key(Self.a, 0, 1), key(Self.a, 1, 300), key(Self.a, 2, 999, revoked: true), key(Self.a, 3, 500),
                key(Self.a, 4, 499), key(Self.a, 5, 500),
            ])
        #expect(plan.envelope == signers((Self.a, 0), (Self.a, 3), (Self.a, 5)))
    }

    @Test func `what can't be signed is said before anything is`() {
        let mine = transaction(proposer: Self.a, key: 0, payer: Self.a, authorizers: [Self.b])
        let proposal = SigningPlan.Signer(address: Self.a, keyIndex: 0)
        #expect(throws: SigningPlan.Problem.proposalKeyUnknown(proposal)) { try SigningPlan(for: mine, keys: []) }
        #expect(throws: SigningPlan.Problem.proposalKeyRevoked(proposal)) {
            try SigningPlan(for: mine, keys: [key(Self.a, 0, 1000, revoked: true)])
        }
        #expect(throws: SigningPlan.Problem.notEnoughWeight(Self.b, available: 999)) {
            try SigningPlan(for: mine, keys: [key(Self.a, 0, 1000), key(Self.b, 0, 500), key(Self.b, 1, 499)])
        }
        #expect(throws: SigningPlan.Problem.notEnoughWeight(Self.a, available: 10)) {
            try SigningPlan(for: mine, keys: [key(Self.a, 0, 10), key(Self.b, 0, 1000)])
        }
    }

    @Test func `the envelope waits for every payload signature`() throws {
        var transaction = transaction(proposer: Self.a, key: 0, payer: Self.b, authorizers: [Self.a, Self.c])
        let plan = try SigningPlan(
            for: transaction, keys: [key(Self.a, 0, 1000), key(Self.b, 0, 1000), key(Self.c, 0, 1000)])
        #expect(plan.outstanding(in: transaction).payload == signers((Self.a, 0), (Self.c, 0)))
        #expect(plan.outstanding(in: transaction).envelope.isEmpty)
        transaction.addPayloadSignature(.init(address: Self.c, keyIndex: 0, signature: [1]))
        transaction.addPayloadSignature(.init(address: Self.a, keyIndex: 0, signature: [1]))
        #expect(plan.outstanding(in: transaction).envelope == signers((Self.b, 0)))
        #expect(!plan.isComplete(in: transaction))
        transaction.addEnvelopeSignature(.init(address: Self.b, keyIndex: 0, signature: [1]))
        #expect(plan.isComplete(in: transaction))
    }
}
