import Cadence
package import Encoding
package import FlowClient
import HTTP

extension HTTPAccessService.Body {
    /// With the result where it is given, with a link to it where not.
    package static func transaction(_ transaction: Transaction, result: TransactionResult?) -> JSON {
        let id = transaction.id
        return .members(
            ("id", JSON(id.hex)), ("script", base64(transaction.script)),
            ("arguments", .array(transaction.arguments.map(base64))),
            ("reference_block_id", JSON(transaction.referenceBlockID.hex)),
            ("gas_limit", text(transaction.computationLimit)), ("payer", JSON(transaction.payer.hex)),
            (
                "proposal_key",
                [
                    "address": JSON(transaction.proposalKey.address.hex),
                    "key_index": text(transaction.proposalKey.keyIndex.rawValue),
                    "sequence_number": text(transaction.proposalKey.sequenceNumber.rawValue),
                ]
            ),
            ("authorizers", .array(transaction.authorizers.map { JSON($0.hex) })),
            ("payload_signatures", .array(transaction.payloadSignatures.map(signature))),
            ("envelope_signatures", .array(transaction.envelopeSignatures.map(signature))),
            ("result", result.map { self.result($0, of: id) }),
            ("_expandable", .members(("result", only(if: result == nil, JSON("/v1/transaction_results/\(id)"))))),
            ("_links", link("transactions/\(id)")))
    }

    private static func signature(_ signature: Transaction.Signature) -> JSON {
        .members(
            ("address", JSON(signature.address.hex)), ("key_index", text(signature.keyIndex.rawValue)),
            ("signature", base64(signature.signature)),
            ("extension_data", only(if: !signature.extensionData.isEmpty, base64(signature.extensionData))))
    }

    static func result(_ result: TransactionResult, of id: TransactionID) -> JSON {
        [
            "block_id": JSON(result.blockID == .zero ? "" : result.blockID.hex),
            "collection_id": JSON(result.collectionID == .zero ? "" : result.collectionID.hex),
            "execution": execution(result), "status": status(result.status), "status_code": JSON(result.statusCode),
            "error_message": JSON(result.errorMessage), "computation_used": text(result.computationUsage),
            "events": .array(result.events.map(event)), "_links": link("transaction_results/\(id)"),
        ]
    }

    private static func execution(_ result: TransactionResult) -> JSON {
        if result.status == .expired || !result.errorMessage.isEmpty { return "Failure" }
        return result.status == .sealed ? "Success" : "Pending"
    }

    private static func status(_ status: TransactionStatus) -> JSON {
        switch status {
        case .unknown: ""
        case .pending: "Pending"
        case .finalized: "Finalized"
        case .executed: "Executed"
        case .sealed: "Sealed"
        case .expired: "Expired"
        }
    }

    // MARK: Events

    static func event(_ event: Event) -> JSON {
        [
            "type": JSON(event.type), "transaction_id": JSON(event.transactionID.hex),
            "transaction_index": text(event.transactionIndex), "event_index": text(event.eventIndex),
            "payload": base64(event.payload),
        ]
    }

    /// Without `events` where there are none.
    static func blockEvents(_ block: BlockEvents) -> JSON {
        .members(
            ("block_id", JSON(block.blockID.hex)), ("block_height", text(block.blockHeight.rawValue)),
            ("block_timestamp", JSON(GoTime.text(block.blockTimestamp))),
            ("events", unlessEmpty(block.events.map(event))))
    }

    // MARK: Accounts

    static func account(_ account: Account, expanding expanded: Set<String>) -> JSON {
        let (keys, contracts) = (expanded.contains("keys"), expanded.contains("contracts"))
        return .members(
            ("address", JSON(account.address.hex)), ("balance", text(account.balance)),
            ("keys", only(if: keys, unlessEmpty(account.keys.map(accountKey)))),
            (
                "contracts",
                only(
                    if: contracts && !account.contracts.isEmpty,
                    .object(
                        account.contracts.sorted { $0.key < $1.key }.map { JSON.Member($0.key, base64($0.value)) }))
            ),
            (
                "_expandable",
                .members(("keys", only(if: !keys, "keys")), ("contracts", only(if: !contracts, "contracts")))
            ),
            ("_links", link("accounts/\(account.address.hex)")))
    }

    static func accountKey(_ key: AccountKey) -> JSON {
        [
            "index": text(key.index.rawValue), "public_key": JSON("0x" + Hex.encode(key.publicKey)),
            "signing_algorithm": JSON(signingAlgorithms[key.signatureAlgorithmCode] ?? "UNKNOWN"),
            "hashing_algorithm": JSON(hashingAlgorithms[key.hashAlgorithmCode] ?? "UNKNOWN"),
            "sequence_number": text(key.sequenceNumber.rawValue), "weight": text(key.weight),
            "revoked": JSON(key.revoked),
        ]
    }

    /// Names of onflow/crypto sign.go and hash/hash.go by their codes.
    private static let signingAlgorithms: [UInt32: String] = [
        1: "BLS_BLS12381", 2: "ECDSA_P256", 3: "ECDSA_secp256k1",
    ]
    private static let hashingAlgorithms: [UInt32: String] = [
        1: "SHA2_256", 2: "SHA2_384", 3: "SHA3_256", 4: "SHA3_384", 5: "KMAC128", 6: "Keccak_256",
    ]
}
