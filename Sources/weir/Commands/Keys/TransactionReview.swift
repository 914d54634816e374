import Cadence
import Encoding
import FlowClient
import HTTP
import PlatformBridge
import Signer

/// What a node would say of a transaction's signatures, by the account keys that it has now.
struct TransactionReview {
    struct Line {
        var part: TransactionSigning.Part
        var signature: Transaction.Signature
        var weight: Int
        /// Nil where it is good.
        var problem: String?
    }

    private(set) var lines: [Line] = []
    /// What is missing or wrong beside the signatures themselves.
    private(set) var problems: [String] = []
    let id: TransactionID

    var isAcceptable: Bool { problems.isEmpty && lines.allSatisfy { $0.problem == nil } }

    /// Throws `AccessError` where keys could not be read, and says nothing then.
    static func make(_ transaction: Transaction, api: any AccessAPI) async throws -> TransactionReview {
        var keys: [Address: [AccountKey]] = [:]
        var missing: [String] = []
        let signed = (transaction.payloadSignatures + transaction.envelopeSignatures).map(\.address)
        for address in Set(transaction.signers + signed).sorted() {
            do {
                keys[address] = try await api.accountKeys(address, at: .latest).value
            } catch let error as AccessError where error.code == .notFound {
                missing.append("there is no account \(address)")
            }
        }
        return TransactionReview(transaction, keys: keys, problems: missing)
    }

    init(_ transaction: Transaction, keys: [Address: [AccountKey]], problems: [String] = []) {
        id = transaction.id
        self.problems = problems
        var weights: [TransactionSigning.Part: [Address: Int]] = [:]
        for (part, message, signatures) in [
            (TransactionSigning.Part.payload, transaction.payloadMessage(), transaction.payloadSignatures),
            (.envelope, transaction.envelopeMessage(), transaction.envelopeSignatures),
        ] {
            var seen: Set<SigningPlan.Signer> = []
            for signature in signatures {
                let key = keys[signature.address]?.first { $0.index == signature.keyIndex }
                let isNew = seen.insert(.init(address: signature.address, keyIndex: signature.keyIndex)).inserted
                let problem = isNew ? Self.problem(signature, message, key) : "signs twice"
                lines.append(Line(part: part, signature: signature, weight: Int(key?.weight ?? 0), problem: problem))
                if problem == nil {
                    weights[part, default: [:]][signature.address, default: 0] += Int(key?.weight ?? 0)
                }
            }
        }
        checkRoles(transaction, weights, keys)
    }

    private static func problem(
        _ signature: Transaction.Signature, _ message: [UInt8], _ key: AccountKey?
    ) -> String? {
        guard let key else { return "no such key" }
        guard !key.revoked else { return "revoked" }
        let state: AccountKeyState
        do throws(SignerError) { state = try AccountKeyState(key) } catch { return error.message }
        var message = message
        switch signature.scheme {
        case .plain: break
        case .unknown: return "of a scheme that nodes do not know"
        case .webAuthn:
            do throws(WebAuthnAssertion.Refusal) {
                message = try WebAuthnAssertion(extensionData: signature.extensionData).signedMessage(for: message)
            } catch {
                return error.description
            }
        }
        guard signature.signature.count == 64 else {
            return "r‖s has 64 bytes, this has \(signature.signature.count)"
        }
        return state.publicKey.verify(
            signature: signature.signature, message: message, hash: state.hashAlgorithm) ? nil : "invalid"
    }

    private mutating func checkRoles(
        _ transaction: Transaction, _ weights: [TransactionSigning.Part: [Address: Int]],
        _ keys: [Address: [AccountKey]]
    ) {
        let payer = weights[.envelope]?[transaction.payer] ?? 0
        if payer < SigningPlan.requiredWeight {
            problems.append("payer \(transaction.payer): \(payer) of 1000 has signed the envelope")
        }
        for authorizer in Set(transaction.authorizers).sorted() where authorizer != transaction.payer {
            let weight = weights[.payload]?[authorizer] ?? 0
            if weight < SigningPlan.requiredWeight {
                problems.append("authorizer \(authorizer): \(weight) of 1000 has signed the payload")
            }
        }
        let proposal = transaction.proposalKey
        if !lines.contains(where: {
            $0.signature.address == proposal.address && $0.signature.keyIndex == proposal.keyIndex
        }) {
            problems.append("proposer: key \(proposal.keyIndex) of \(proposal.address) has not signed")
        }
        if let key = keys[proposal.address]?.first(where: { $0.index == proposal.keyIndex }),
            key.sequenceNumber != proposal.sequenceNumber
        {
            problems.append(
                "proposer: key \(proposal.keyIndex) of \(proposal.address) is at sequence number \(key.sequenceNumber), the transaction has \(proposal.sequenceNumber)"
            )
        }
    }

    var text: String {
        let rows = lines.map { line in
            [
                line.part.rawValue, "\(line.signature.address)", "\(line.signature.keyIndex)", "\(line.weight)",
                line.problem ?? "valid",
            ]
        }
        let table = FlowText.table(["PART", "ACCOUNT", "KEY", "WEIGHT", "SIGNATURE"], rows)
        let end = isAcceptable ? ["complete: transaction \(id) can be sent"] : problems + ["not acceptable as it is"]
        return ([table] + end).joined(separator: "\n")
    }

    var json: JSON {
        .object([
            .init("acceptable", JSON(isAcceptable)), .init("id", JSON(id.hex)),
            .init(
                "signatures",
                .array(
                    lines.map { line in
                        .object([
                            .init("part", JSON(line.part.rawValue)), .init("address", JSON(line.signature.address.hex)),
                            .init("key_index", JSON(line.signature.keyIndex.rawValue)),
                            .init("weight", JSON(line.weight)),
                            .init("valid", JSON(line.problem == nil)), .init("problem", JSON(line.problem)),
                        ])
                    })), .init("problems", .array(problems.map { JSON($0) })),
        ])
    }
}
