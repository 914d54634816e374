import Cadence
import FlowClient

let depositedType = "A.1d7e57aa55817448.NonFungibleToken.Deposited"

/// Something well-formed to start from.
func seeds(for target: String) -> [[UInt8]] {
    switch target {
    case "json-cdc": return values.map { JSONCDC.encode($0) }
    case "ccf": return values.compactMap { try? CCF.encode($0) }
    case "event-reader": return [JSONCDC.encode(deposited), (try? CCF.encode(deposited)) ?? []]
    case "arguments": return [Array("transaction(a: [UInt64], to b: {String: Address?}, c: Capability<&{A.B}>?) {}".utf8)]
    case "lines": return [Array(#"{"a":[1,-2.5e3,true,null,"\u00e9"]}"#.utf8)]
    case "http-bodies": return bodies.enumerated().map { [UInt8($0)] + Array($1.replacing("ID", with: id).utf8) }
    case "topic-messages":
        return [
            #"{"subscription_id":"a","action":"subscribe"}"#, #"{"subscription_id":"","error":{"code":400,"message":"no"},"action":""}"#,
            #"{"subscription_id":"a","topic":"events","payload":{"block_id":"ID","block_height":"1","block_timestamp":"2026-11-21T23:49:02.182Z","message_index":0}}"#,
            #"{"subscription_id":"a","topic":"account_statuses","payload":{"block_id":"ID","height":"1","account_events":{"0xf3fcd2c1a78f5eee":[]},"message_index":0}}"#,
        ].map { Array($0.replacing("ID", with: id).utf8) }
    case "websocket-frames":
        let masked: [UInt8] = [0x81, 0x85, 1, 2, 3, 4, 0x69, 0x67, 0x6F, 0x68, 0x6E]
        return [[0, 3] + masked, [1, 3, 0x81, 5] + "hello".utf8, [0, 9, 0x01] + masked.dropFirst() + [0x80] + masked.dropFirst(), [0, 1, 0x88, 0x80, 0, 0, 0, 0]]
    case "rlp": return [[0xC8, 0x83, 0x63, 0x61, 0x74, 0x83, 0x64, 0x6F, 0x67], [0x80], [0xB8, 0x38] + Array(repeating: 7, count: 56)]
    default: return [[0], [3, 10, 2, 8, 1]]
    }
}

private let id = String(repeating: "ab", count: 32)

/// One of each, in the order of the target's bodies.
private let bodies = [
    #"{"semver":"v1","commit":"c","spork_id":"ID","protocol_version":"1","protocol_state_version":"2","spork_root_block_height":"3","node_root_block_height":"4","compatible_range":{"start_height":"5","end_height":"6"}}"#,
    #"{"block_id":"ID","height":"1","timestamp":"2026-11-21T23:49:02.182Z"}"#,
    #"{"script":"AQ==","arguments":["AgM="],"reference_block_id":"ID","gas_limit":"9999","payer":"f8d6e0586b0a20c7","proposal_key":{"address":"f8d6e0586b0a20c7","key_index":"0","sequence_number":"6"},"authorizers":["f8d6e0586b0a20c7"],"payload_signatures":[],"envelope_signatures":[{"address":"f8d6e0586b0a20c7","key_index":"0","signature":"BAU=","extension_data":"AQ=="}]}"#,
    #"{"block_id":"","status":"Sealed","status_code":1,"error_message":"x","computation_used":"7","events":[{"type":"A.B","transaction_id":"ID","transaction_index":"0","event_index":"1","payload":"e30="}],"_links":{"_self":"/v1/transaction_results/ID"}}"#,
    #"{"block_id":"ID","block_height":"1","block_timestamp":"0001-01-01T00:00:00Z","events":[]}"#,
    #"{"index":"1","public_key":"0xabcd","signing_algorithm":"ECDSA_P256","hashing_algorithm":"SHA3_256","sequence_number":"8","weight":"1000","revoked":false}"#,
    #"{"header":{"id":"ID","parent_id":"ID","height":"1","timestamp":"2026-11-21T23:49:02Z","parent_voter_signature":""},"payload":{"collection_guarantees":[{"collection_id":"ID","signer_indices":"71","signature":""}],"block_seals":[{"block_id":"ID","result_id":"ID","final_state":"\"ab\"","aggregated_approval_signatures":[{"verifier_signatures":["AQ=="],"signer_ids":["ID"]}]}]},"block_status":"BLOCK_SEALED"}"#,
    #"{"address":"f8d6e0586b0a20c7","balance":"1","keys":[],"contracts":{"A":"AQ=="},"_expandable":{"keys":"keys"}}"#,
    #"{"id":"ID","transactions":[],"_expandable":{"transactions":["/v1/transactions/ID"]}}"#,
    #"{"block_id":"ID","previous_result_id":"ID","events":[{"type":"flow.EpochSetup"}],"chunks":[{"block_id":"ID","collection_index":"0","start_state":"AQ==","end_state":"AQ==","event_collection":"ID","index":"0","number_of_transactions":"1","total_computation_used":"2"}]}"#,
    #"{"executor_id":"ID","result_id":"ID","spocks":["AQ=="],"executor_signature":"AQ=="}"#, #"{"keys":[]}"#,
]

private let deposited = CadenceValue.composite(
    CadenceComposite(
        .event, depositedType,
        fields: [
            CadenceField("type", .string("A.0b2a3299cc857e29.TopShot.NFT")), CadenceField("id", .uint64(45_678_901)),
            CadenceField("to", .optional(.address(Address("0x85d4ee4b4ae86ea9")!))),
        ],
        fieldTypes: [.simple("String"), .simple("UInt64"), .optional(.simple("Address"))]))

private let values: [CadenceValue] = [
    deposited, .optional(.optional(.int(BigInt(-5)))), .path(CadencePath(.public, "x")), .fix128(.min),
    .array(CadenceArray([.uint8(1), deposited], type: .variableSizedArray(.simple("AnyStruct")))),
    .dictionary(
        CadenceDictionary([.init(key: .string("a"), value: .ufix64(1))], type: .dictionary(key: .simple("String"), value: .simple("UFix64")))),
    .type(
        .nominal(
            CadenceNominalType(
                .resource, "A.01.C.NFT", fields: [.init("a", .reference(.conjunction(["E"]), .intersection([.simple("Int")])))]))),
    .type(.function(CadenceFunctionType(parameters: [], returnType: .capability(nil)))),
    .inclusiveRange(CadenceInclusiveRange(start: .int8(1), end: .int8(9), step: .int8(2))),
    .capability(CadenceCapability(id: 1, address: Address("01")!, borrowType: .simple("Int"))),
]
