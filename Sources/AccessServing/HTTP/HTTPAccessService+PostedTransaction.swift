import Encoding
package import FlowClient
import HTTP

extension HTTPAccessService {
    /// Transactions and scripts as they are posted: onflow/flow-go engine/access/rest/common/parser/transaction.go and
    /// http/request/script.go, with their limits, their order of checks and their words.
    package struct TransactionBody {
        private struct RawSignature {
            var address = ""
            var keyIndex = ""
            var signature = ""
            var extensionData = ""
        }

        private var script = ""
        private var arguments: [String] = []
        private var referenceBlockID = ""
        private var gasLimit = ""
        private var payer = ""
        private var proposalKey: (address: String, keyIndex: String, sequenceNumber: String)?
        private var authorizers: [String] = []
        private var payloadSignatures: [RawSignature] = []
        private var envelopeSignatures: [RawSignature] = []

        static let maximumArguments = 100
        static let maximumAuthorizers = 100

        /// - Throws: `Refusal` of status 400 that names the field.
        package static func parse(_ bytes: [UInt8]) throws -> Transaction {
            try GoDecoding.decode(bytes) { scanner in
                var body = TransactionBody()
                try GoDecoding.object(&scanner, "") { try body.read($0, $1, &$2) }
                return body
            }.transaction()
        }

        private mutating func read(_ name: String, _ path: String, _ scanner: inout JSONScanner) throws -> Bool {
            switch name {
            case "script": script = try GoDecoding.string(&scanner, path)
            case "arguments": arguments = try GoDecoding.strings(&scanner, path)
            case "reference_block_id": referenceBlockID = try GoDecoding.string(&scanner, path)
            case "gas_limit": gasLimit = try GoDecoding.string(&scanner, path)
            case "payer": payer = try GoDecoding.string(&scanner, path)
            case "proposal_key": try readProposalKey(path, &scanner)
            case "authorizers": authorizers = try GoDecoding.strings(&scanner, path)
            case "payload_signatures": payloadSignatures = try Self.signatures(path, &scanner)
            case "envelope_signatures": envelopeSignatures = try Self.signatures(path, &scanner)
            default: return false
            }
            return true
        }

        private mutating func readProposalKey(_ path: String, _ scanner: inout JSONScanner) throws {
            if try scanner.null() { return }
            var key = (address: "", keyIndex: "", sequenceNumber: "")
            try GoDecoding.object(&scanner, path) { name, path, scanner in
                switch name {
                case "address": key.address = try GoDecoding.string(&scanner, path)
                case "key_index": key.keyIndex = try GoDecoding.string(&scanner, path)
                case "sequence_number": key.sequenceNumber = try GoDecoding.string(&scanner, path)
                default: return false
                }
                return true
            }
            proposalKey = key
        }

        private static func signatures(_ path: String, _ scanner: inout JSONScanner) throws -> [RawSignature] {
            var all: [RawSignature] = []
            try GoDecoding.array(&scanner, path) { scanner in
                var signature = RawSignature()
                try GoDecoding.object(&scanner, path) { name, path, scanner in
                    switch name {
                    case "address": signature.address = try GoDecoding.string(&scanner, path)
                    case "key_index": signature.keyIndex = try GoDecoding.string(&scanner, path)
                    case "signature": signature.signature = try GoDecoding.string(&scanner, path)
                    case "extension_data": signature.extensionData = try GoDecoding.string(&scanner, path)
                    default: return false
                    }
                    return true
                }
                all.append(signature)
            }
            return all
        }

        private func transaction() throws -> Transaction {
            guard let proposalKey else { throw Refusal.bad("proposal key not provided") }
            guard !script.isEmpty else { throw Refusal.bad("script not provided") }
            guard !payer.isEmpty else { throw Refusal.bad("payer not provided") }
            guard authorizers.count <= Self.maximumAuthorizers else {
                throw Refusal.bad(
                    "too many authorizers. Maximum authorizers allowed: \(Self.maximumAuthorizers)")
            }
            guard arguments.count <= Self.maximumArguments else { throw Self.tooManyArguments }
            guard !referenceBlockID.isEmpty else { throw Refusal.bad("reference block not provided") }
            guard !envelopeSignatures.isEmpty else { throw Refusal.bad("envelope signatures not provided") }
            let arguments = try Self.arguments(arguments)
            let payer = try Self.naming("invalid payer") { try Request.address(self.payer) }
            let authorizers = try authorizers.map(Request.address)
            let proposal = Transaction.ProposalKey(
                address: try Request.address(proposalKey.address),
                keyIndex: KeyIndex(try Request.unsigned(proposalKey.keyIndex, "invalid key index")),
                sequenceNumber: SequenceNumber(
                    try Request.unsigned(proposalKey.sequenceNumber, "invalid sequence number")))
            let payloadSignatures = try payloadSignatures.map(Self.signature)
            let envelopeSignatures = try envelopeSignatures.map(Self.signature)
            let script = try Request.base64(script, refusing: "invalid transaction script encoding")
            let reference = try Self.naming("invalid reference block ID") { try Request.identifier(referenceBlockID) }
            let limit: UInt64 = try Request.unsigned(gasLimit, "invalid gas limit")
            guard !script.isEmpty else {
                throw Refusal.bad("could not construct transaction body: Script must not be empty")
            }
            return Transaction(
                script: script, arguments: arguments, referenceBlockID: BlockID(raw: reference ?? .zero),
                computationLimit: limit, proposalKey: proposal, payer: payer, authorizers: authorizers,
                payloadSignatures: payloadSignatures, envelopeSignatures: envelopeSignatures
            ).canonicalized()
        }

        private static func naming<Value>(_ what: String, _ body: () throws -> Value) throws -> Value {
            do { return try body() } catch let refusal as Refusal { throw Refusal.bad("\(what): \(refusal.message)") }
        }

        private static func signature(_ raw: RawSignature) throws -> Transaction.Signature {
            let address = try Request.address(raw.address)
            let index: UInt32 = try Request.unsigned(raw.keyIndex, "invalid key index")
            guard !raw.signature.isEmpty else { throw Refusal.bad("invalid signature: missing value") }
            return Transaction.Signature(
                address: address, keyIndex: KeyIndex(index),
                signature: try Request.base64(raw.signature, refusing: "invalid signature: invalid encoding"),
                extensionData: try Request.base64(
                    raw.extensionData, refusing: "invalid extension data: invalid encoding"))
        }

        private static var tooManyArguments: Refusal {
            .bad("too many arguments. Maximum arguments allowed: \(maximumArguments)")
        }

        /// Empty ones are passed over, as flow-go does it: the others move up.
        private static func arguments(_ texts: [String]) throws -> [[UInt8]] {
            let arguments = try texts.filter { !$0.isEmpty }.map { text in
                try Request.base64(
                    text,
                    refusing:
                        "invalid argument encoding: illegal base64 data at input byte \(Request.base64Flaw(text))")
            }
            guard arguments.count <= maximumArguments else { throw tooManyArguments }
            return arguments
        }

        static func script(_ bytes: [UInt8]) throws -> (source: [UInt8], arguments: [[UInt8]]) {
            let body = try GoDecoding.decode(bytes) { scanner in
                var body = TransactionBody()
                try GoDecoding.object(&scanner, "") { name, path, scanner in
                    guard name == "script" || name == "arguments" else { return false }
                    return try body.read(name, path, &scanner)
                }
                return body
            }
            return (
                try Request.base64(body.script, refusing: "invalid script source encoding"),
                try arguments(body.arguments)
            )
        }
    }
}
