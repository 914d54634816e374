import Encoding
import FlowClient
import FoundationEssentials
import HTTP

extension HTTPAccessService {
    /// The API's models: onflow/flow-go engine/access/rest/common/models and http/models. Numbers of the chain are strings,
    /// ids and addresses bare hex, bytes base64.
    package enum Body {
        static func base64(_ bytes: [UInt8]) -> JSON { JSON(Data(bytes).base64EncodedString()) }
        static func hex(_ bytes: [UInt8]) -> JSON { JSON(Hex.encode(bytes)) }
        static func text(_ number: some BinaryInteger) -> JSON { JSON(String(number)) }
        static func strings(_ texts: [JSON]) -> JSON { .array(texts) }
        static func link(_ path: String) -> JSON { ["_self": JSON("/v1/\(path)")] }
        /// A member that is left out: `nil` itself would stand for JSON's null.
        static func unlessEmpty(_ array: [JSON]) -> JSON? { only(if: !array.isEmpty, .array(array)) }
        static func only(if isWanted: Bool, _ value: @autoclosure () -> JSON?) -> JSON? {
            isWanted ? value() : Optional<JSON>.none
        }

        // MARK: Network

        static func nodeVersionInfo(_ info: NodeVersionInfo) -> JSON {
            .members(
                ("semver", JSON(info.semver)), ("commit", JSON(info.commit)), ("spork_id", hex(info.sporkID)),
                ("protocol_version", text(info.protocolVersion)),
                ("protocol_state_version", text(info.protocolStateVersion)),
                ("spork_root_block_height", text(info.sporkRootBlockHeight.rawValue)),
                ("node_root_block_height", text(info.nodeRootBlockHeight.rawValue)),
                (
                    "compatible_range",
                    info.compatibleRange.map {
                        ["start_height": text($0.start.rawValue), "end_height": text($0.end.rawValue)]
                    }
                ))
        }

        // MARK: Blocks

        static func block(_ block: Block, result: FoundResult?, expandsPayload: Bool) -> JSON {
            .members(
                ("header", header(block)), ("payload", only(if: expandsPayload, payload(block))),
                (
                    "execution_result",
                    result.flatMap { found in found.result.map { executionResult($0, id: found.id) } }
                ),
                (
                    "_expandable",
                    .members(
                        ("payload", only(if: !expandsPayload, JSON("/v1/blocks/\(block.id)/payload"))),
                        (
                            "execution_result",
                            result.flatMap { only(if: $0.result == nil, JSON("/v1/execution_results/\($0.id)")) }
                        ))
                ),
                ("_links", link("blocks/\(block.id)")), ("block_status", status(block.status)))
        }

        private static func status(_ status: BlockStatus) -> JSON {
            switch status {
            case .unknown: "BLOCK_UNKNOWN"
            case .finalized: "BLOCK_FINALIZED"
            case .sealed: "BLOCK_SEALED"
            }
        }

        private static func header(_ block: Block) -> JSON {
            var header = block.header ?? BlockHeader()
            (header.id, header.parentID) = (block.id, block.parentID)
            (header.height, header.timestamp) = (block.height, block.timestamp)
            return self.header(header)
        }

        static func header(_ header: BlockHeader) -> JSON {
            [
                "id": JSON(header.id.hex), "parent_id": JSON(header.parentID.hex),
                "height": text(header.height.rawValue),
                "timestamp": JSON(GoTime.text(header.timestamp, inMilliseconds: true)),
                "parent_voter_signature": base64(header.parentVoterSignature),
            ]
        }

        static func digest(_ digest: BlockDigest) -> JSON {
            [
                "block_id": JSON(digest.id.hex), "height": text(digest.height.rawValue),
                "timestamp": JSON(GoTime.text(digest.timestamp)),
            ]
        }

        static func payload(_ block: Block) -> JSON {
            [
                "collection_guarantees": .array(block.collectionGuarantees.map(guarantee)),
                "block_seals": .array(block.seals.map(seal)),
            ]
        }

        private static func guarantee(_ guarantee: CollectionGuarantee) -> JSON {
            [
                "collection_id": JSON(guarantee.collectionID.hex), "signer_indices": hex(guarantee.signerIndices),
                "signature": base64(guarantee.signature), "reference_block_id": hex(guarantee.referenceBlockID),
                "cluster_chain_id": JSON(String(decoding: guarantee.clusterChainID, as: UTF8.self)),
            ]
        }

        private static func seal(_ seal: BlockSeal) -> JSON {
            [
                "block_id": hex(seal.blockID), "result_id": hex(seal.resultID), "final_state": hex(seal.finalState),
                "aggregated_approval_signatures": .array(
                    seal.aggregatedApprovalSignatures.map { signature in
                        [
                            "verifier_signatures": .array(signature.verifierSignatures.map(base64)),
                            "signer_ids": .array(signature.signerIDs.map(hex)),
                        ]
                    }),
            ]
        }

        static func collection(_ collection: TransactionCollection, expanded: [Transaction]?) -> JSON {
            .members(
                ("id", JSON(collection.id.hex)),
                ("transactions", unlessEmpty((expanded ?? []).map { transaction($0, result: nil) })),
                (
                    "_expandable",
                    .members(
                        (
                            "transactions",
                            only(
                                if: expanded == nil,
                                unlessEmpty(collection.transactionIDs.map { JSON("/v1/transactions/\($0)") }))
                        ))
                ),
                ("_links", link("collections/\(collection.id)")))
        }

        // MARK: Execution

        static func executionResult(_ result: ExecutionResult, id: Identifier) -> JSON {
            .members(
                ("id", JSON(id.hex)), ("block_id", hex(result.blockID)),
                // Of service events flow-go tells the type and nothing else.
                (
                    "events",
                    .array(
                        result.serviceEvents.map {
                            [
                                "type": JSON($0.type), "transaction_id": "", "transaction_index": "",
                                "event_index": "", "payload": "",
                            ]
                        })
                ),
                ("chunks", unlessEmpty(result.chunks.map(chunk))), ("previous_result_id", hex(result.previousResultID)),
                ("_links", link("execution_results/\(id)")))
        }

        private static func chunk(_ chunk: Chunk) -> JSON {
            [
                "collection_index": text(chunk.collectionIndex), "start_state": base64(chunk.startState),
                "event_collection": hex(chunk.eventCollection), "block_id": hex(chunk.blockID),
                "total_computation_used": text(chunk.totalComputationUsed),
                "number_of_transactions": text(chunk.numberOfTransactions), "index": text(chunk.index),
                "end_state": base64(chunk.endState),
            ]
        }

        static func receipt(_ receipt: ExecutionReceipt, expandsResult: Bool) -> JSON {
            let id = Identifier(bytes: receipt.meta.resultID) ?? .zero
            return .members(
                ("executor_id", hex(receipt.meta.executorID)), ("result_id", JSON(id.hex)),
                ("spocks", unlessEmpty(receipt.meta.spocks.map(base64))),
                ("executor_signature", base64(receipt.meta.executorSignature)),
                ("execution_result", only(if: expandsResult, receipt.result.map { executionResult($0, id: id) })),
                (
                    "_expandable",
                    .members(("execution_result", only(if: !expandsResult, JSON("/v1/execution_results/\(id)"))))
                ))
        }
    }
}
