import Cadence
import Encoding
import HTTP

extension Transaction: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init(
            script: [], arguments: [], referenceBlockID: .zero, computationLimit: 0,
            proposalKey: .init(address: Address(rawValue: 0), keyIndex: 0, sequenceNumber: 0),
            payer: Address(rawValue: 0),
            authorizers: [])
        let required: [StaticString] = [
            "script", "arguments", "reference_block_id", "gas_limit", "payer", "proposal_key", "authorizers",
            "payload_signatures", "envelope_signatures",
        ]
        try scanner.fields(required) { name, scanner in
            switch name {
            case "script": script = try scanner.base64()
            case "arguments": arguments = try scanner.list { try $0.base64() }
            case "reference_block_id": referenceBlockID = try scanner.id()
            case "gas_limit": computationLimit = try scanner.uint64()
            case "payer": payer = try scanner.address()
            case "proposal_key": proposalKey = try scanner.value()
            case "authorizers": authorizers = try scanner.list { try $0.address() }
            case "payload_signatures": payloadSignatures = try scanner.list()
            case "envelope_signatures": envelopeSignatures = try scanner.list()
            default: break
            }
        }
    }
}

extension Transaction.ProposalKey: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init(address: Address(rawValue: 0), keyIndex: 0, sequenceNumber: 0)
        try scanner.fields(["address", "key_index", "sequence_number"]) { name, scanner in
            switch name {
            case "address": address = try scanner.address()
            case "key_index": keyIndex = KeyIndex(try scanner.uint32())
            case "sequence_number": sequenceNumber = SequenceNumber(try scanner.uint64())
            default: break
            }
        }
    }
}

extension Transaction.Signature: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init(address: Address(rawValue: 0), keyIndex: 0, signature: [])
        try scanner.fields(["address", "key_index", "signature"]) { name, scanner in
            switch name {
            case "address": address = try scanner.address()
            case "key_index": keyIndex = KeyIndex(try scanner.uint32())
            case "signature": signature = try scanner.base64()
            case "extension_data": extensionData = try scanner.base64()
            default: break
            }
        }
    }
}

/// The id of a transaction's body, without the rest: what a send is answered with.
struct TransactionReceipt: HTTPBody {
    var id = TransactionID.zero

    init(from scanner: inout JSONScanner) throws {
        try scanner.fields(["id"]) { name, scanner in if name == "id" { id = try scanner.id() } }
    }
}

/// A collection: its transactions stand as links, or whole where they were expanded.
struct CollectionBody: HTTPBody {
    var id = CollectionID.zero
    var links: [TransactionID] = []
    var transactions: [Transaction] = []

    init(from scanner: inout JSONScanner) throws {
        try scanner.fields(["id", "_expandable"]) { name, scanner in
            switch name {
            case "id": id = try scanner.id()
            case "transactions": transactions = try scanner.list()
            case "_expandable":
                try scanner.fields([]) { name, scanner in
                    if name == "transactions" { links = try scanner.list { try $0.link() } }
                }
            default: break
            }
        }
    }
}
