import Encoding

extension ErrorCatalogue {
    /// Codes of the Flow virtual machine (onflow/flow-go:fvm/errors/codes.go), those that are out of use too: they stand in
    /// historic results. What became of sequence numbers was measured (recordings/errors.table.json).
    static let fvm: [Entry] = [
        // Before execution: checks of signatures and of the sequence number. Nothing is used up.
        untouched(1000, "ERR_CODE_TX_VALIDATION", "the transaction was not valid (historic)", "correct it"),
        untouched(
            1001, "ERR_CODE_INVALID_TX_BYTE_SIZE", "the transaction was too large (historic)", "send less in one",
            .split),
        untouched(
            1002, "ERR_CODE_INVALID_REFERENCE_BLOCK", "its reference block was not known (historic)",
            "refer to a recent finalized block", .rebuild(.freshReference), culprit: .reference),
        untouched(
            1003, "ERR_CODE_EXPIRED_TRANSACTION", "its reference block was too old (historic)",
            "refer to a recent finalized block", .rebuild(.freshReference), culprit: .reference),
        untouched(1004, "ERR_CODE_INVALID_SCRIPT", "its script could not be parsed (historic)", "correct the script"),
        untouched(
            1005, "ERR_CODE_INVALID_GAS_LIMIT", "its computation limit was out of range (historic)", "use 1 to 9999"),
        untouched(
            1006, "ERR_CODE_INVALID_PROPOSAL_SIGNATURE",
            "the proposal key is missing or revoked, or neither part of the transaction bears its signature",
            "check that the account has this key index, unrevoked, and that its private key is the one configured",
            culprit: .proposalKey),
        untouched(
            1007, "ERR_CODE_INVALID_PROPOSAL_SEQUENCE_NUMBER",
            "the sequence number is not the one that the chain expects of this key next",
            "where the chain's number is higher, something has used this slot, perhaps this very transaction under another id; where it is lower, an earlier transaction of this key has not executed",
            .rebuild(.otherSlot), culprit: .sequenceNumber),
        untouched(
            1008, "ERR_CODE_INVALID_PAYLOAD_SIGNATURE",
            "a signature over the payload is wrong, twice there, or of a revoked key",
            "check the signer's key, its hash algorithm and who must sign the payload", culprit: .signature),
        untouched(
            1009, "ERR_CODE_INVALID_ENVELOPE_SIGNATURE",
            "a signature over the envelope is wrong, twice there, or of a revoked key",
            "check the payer's key, its hash algorithm and who must sign the envelope", culprit: .signature),
        untouched(
            1055, "ERR_CODE_ACCOUNT_AUTHORIZATION",
            "an account's signatures do not add up to a weight of 1000, or an authorizer has not signed",
            "sign with keys of that account whose weights add up to 1000", culprit: .weight),

        // What a transaction asked for, and how.
        consumed(
            1050, "ERR_CODE_FVM_INTERNAL", "the virtual machine failed (historic)",
            "send it once more; report it where it recurs", .sameBytesAgain, culprit: .node),
        consumed(1051, "ERR_CODE_VALUE", "a value was not valid (historic)", "correct the arguments", isolable: true),
        consumed(
            1052, "ERR_CODE_INVALID_ARGUMENT", "the arguments do not fit the parameters, or are no JSON-CDC",
            "compare number and types of the arguments with the script's parameters", isolable: true),
        unknown(
            1053, "ERR_CODE_INVALID_ADDRESS", "an address is not valid on this network",
            "check the address and the network", isolable: true),
        consumed(1054, "ERR_CODE_INVALID_LOCATION", "an import's location is not valid", "correct the import"),
        consumed(
            1056, "ERR_CODE_OPERATION_AUTHORIZATION", "the operation is not allowed to this account",
            "use an account that may do it"),
        consumed(
            1057, "ERR_CODE_OPERATION_NOT_SUPPORTED", "the operation does not exist on this network", "do without it"),
        consumed(
            1058, "ERR_CODE_BLOCK_HEIGHT_OUT_OF_RANGE", "a block height was out of range (historic)",
            "ask for a height that the node keeps"),

        // Execution: the body ran and failed. The sequence number and the fees are gone.
        consumed(1100, "ERR_CODE_EXECUTION", "execution failed (historic)", "read the text", isolable: true),
        consumed(
            1101, "ERR_CODE_CADENCE_RUNTIME",
            "the Cadence code stopped: a panic, a condition, a nil, a type or an import that is not there",
            "read the reason in the text; it names the line", isolable: true),
        consumed(
            1102, "ERR_CODE_ENCODING_UNSUPPORTED_VALUE", "a value cannot be encoded (historic)",
            "return or emit something else"),
        consumed(
            1103, "ERR_CODE_STORAGE_CAPACITY_EXCEEDED", "an account stores more than its FLOW balance pays for",
            "send FLOW to the account that the text names, or remove what it stores", .wait, isolable: true,
            culprit: .balance),
        consumed(
            1104, "ERR_CODE_GAS_LIMIT_EXCEEDED", "the computation limit was reached (historic)", "split it", .split,
            isolable: true),
        consumed(
            1105, "ERR_CODE_EVENT_LIMIT_EXCEEDED",
            "the events of one transaction are larger than 256,000 bytes together",
            "put fewer items into one transaction", .split, isolable: true),
        consumed(
            1106, "ERR_CODE_LEDGER_INTERACTION_LIMIT_EXCEEDED",
            "one transaction read or wrote more than 20,000,000 bytes of state",
            "put fewer items into one transaction", .split, isolable: true),
        consumed(
            1107, "ERR_CODE_STATE_KEY_SIZE_LIMIT", "a storage key is too long", "use shorter paths and keys",
            isolable: true),
        consumed(
            1108, "ERR_CODE_STATE_VALUE_SIZE_LIMIT", "one stored value is too large", "store it in parts",
            isolable: true),
        consumed(
            1109, "ERR_CODE_TRANSACTION_FEE_DEDUCTION_FAILED", "the payer could not pay the fee", "fund the payer",
            .wait, culprit: .balance),
        consumed(
            1110, "ERR_CODE_COMPUTATION_LIMIT_EXCEEDED",
            "one transaction needed more computation than its limit, of 9999 at most",
            "raise the limit where it is below 9999; otherwise put fewer items into one transaction", .split,
            isolable: true),
        consumed(
            1111, "ERR_CODE_MEMORY_LIMIT_EXCEEDED", "one transaction or script needed too much memory",
            "do less at once", .split, isolable: true),
        consumed(
            1112, "ERR_CODE_COULD_NOT_DECODE_EXECUTION_PARAMETERS_FROM_STATE",
            "the network's own execution parameters could not be read", "wait, and tell the network's operators", .wait,
            culprit: .node),
        entry(
            1113, "ERR_CODE_SCRIPT_EXECUTION_TIMED_OUT", "a script ran longer than the node lets it",
            "ask for less, or later", .wait, .untouched, culprit: .node),
        entry(
            1114, "ERR_CODE_SCRIPT_EXECUTION_CANCELLED", "a script was cancelled", "run it again", .sameBytesAgain,
            .untouched, culprit: .node),
        consumed(
            1115, "ERR_CODE_EVENT_ENCODING", "an event could not be encoded", "emit something else", isolable: true),
        consumed(
            1116, "ERR_CODE_INVALID_INTERNAL_STATE_ACCESS", "the code reached for state that is not its own",
            "correct the code"),
        consumed(
            1118, "ERR_CODE_INSUFFICIENT_PAYER_BALANCE", "the payer holds less than the least balance for execution",
            "fund the payer", .wait, culprit: .balance),

        // Accounts and contracts.
        unknown(
            1200, "ERR_CODE_ACCOUNT", "an account is not as it should be (historic)", "read the text", isolable: true),
        unknown(
            1201, "ERR_CODE_ACCOUNT_NOT_FOUND", "an account does not exist", "check the address and the network",
            isolable: true),
        unknown(
            1202, "ERR_CODE_ACCOUNT_PUBLIC_KEY_NOT_FOUND", "an account has no key of that index", "check the key index",
            isolable: true),
        consumed(1203, "ERR_CODE_ACCOUNT_ALREADY_EXISTS", "the account exists already", "use it"),
        consumed(1204, "ERR_CODE_FROZEN_ACCOUNT", "the account was frozen (historic)", "use another"),
        consumed(
            1205, "ERR_CODE_ACCOUNT_STORAGE_NOT_INITIALIZED", "the account's storage was not set up (historic)",
            "create it first"),
        unknown(
            1206, "ERR_CODE_ACCOUNT_PUBLIC_KEY_LIMIT", "the account has as many keys as it may have",
            "use another account"),
        consumed(1250, "ERR_CODE_CONTRACT", "a contract is not as it should be (historic)", "read the text"),
        consumed(
            1251, "ERR_CODE_CONTRACT_NOT_FOUND", "a contract is not deployed where it was looked for",
            "check the address and the network"),
        consumed(
            1252, "ERR_CODE_CONTRACT_NAMES_NOT_FOUND", "an account's contract names could not be read (historic)",
            "read the text"),
        consumed(
            1300, "ERR_CODE_EVM_EXECUTION", "the EVM side of the transaction failed", "read the text", isolable: true),
    ]

    private static func entry(
        _ code: Int, _ name: String, _ meaning: String, _ remedy: String, _ verdict: Verdict,
        _ effect: SequenceNumberEffect, isolable: Bool = false, culprit: Culprit = .content
    ) -> Entry {
        Entry(
            code: code, name: name, meaning: meaning, remedy: remedy, verdict: verdict, effect: effect,
            culprit: culprit, isolable: isolable)
    }

    private static func untouched(
        _ code: Int, _ name: String, _ meaning: String, _ remedy: String, _ verdict: Verdict = .permanent,
        culprit: Culprit = .content
    ) -> Entry { entry(code, name, meaning, remedy, verdict, .untouched, culprit: culprit) }

    private static func consumed(
        _ code: Int, _ name: String, _ meaning: String, _ remedy: String, _ verdict: Verdict = .permanent,
        isolable: Bool = false, culprit: Culprit = .content
    ) -> Entry { entry(code, name, meaning, remedy, verdict, .consumed, isolable: isolable, culprit: culprit) }

    private static func unknown(
        _ code: Int, _ name: String, _ meaning: String, _ remedy: String, isolable: Bool = false
    ) -> Entry { entry(code, name, meaning, remedy, .permanent, .unknown, isolable: isolable) }
}
