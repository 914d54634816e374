import Cadence
import Encoding
import FlowClient
import Indexer
import Signer

/// A node with FCLCrypto: it reads the script and its arguments as a node would, and applies the contract's rules, written
/// here a second time, to another node's accounts.
struct ContractNode: PartialAccessAPI {
    let node: any AccessAPI
    var instead: (@Sendable ([UInt8]) throws -> [UInt8])?

    init(node: any AccessAPI, instead: (@Sendable ([UInt8]) throws -> [UInt8])? = nil) {
        self.node = node
        self.instead = instead
    }

    func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> { try await node.blockHeader(block) }

    func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]> {
        try await node.accountKeys(address, at: state)
    }

    func executeScript(
        _ script: [UInt8], arguments: [[UInt8]], at block: BlockReference
    ) async throws -> Reply<[UInt8]> {
        Reply(try await run(script, arguments))
    }

    private func run(_ script: [UInt8], _ arguments: [[UInt8]]) async throws -> [UInt8] {
        if let instead { return try instead(script) }
        let text = String(decoding: script, as: UTF8.self)
        guard let match = text.firstMatch(of: /import FCLCrypto from 0x([0-9a-f]{16})\n/),
            ["74daa6f9c7ef24b1", "b4b82a1c9d21d284"].contains(match.1),
            text.contains(
                "access(all) fun main(address: Address, message: String, keyIndices: [Int], signatures: [String]): Bool"
            ),
            arguments.count == 4
        else { throw AccessError(.invalidArgument, "[Error Code: 1101] checking failed") }
        let values = try arguments.map { try JSONCDC.decode($0) }
        guard case .address(let address) = values[0], case .string(let hex) = values[1],
            let message = Hex.decode(hex), case .array(let indices) = values[2], case .array(let signed) = values[3],
            indices.elements.count == signed.elements.count
        else { throw AccessError(.invalidArgument, "[Error Code: 1101] wrong arguments") }
        let tag: DomainTag = text.contains("FCLCrypto.verifyAccountProofSignatures(") ? .accountProof : .user
        let keys = try await node.accountKeys(address, at: .latest).value
        var (weight, seen): (UInt32, Set<String>) = (0, [])
        for (index, signature) in zip(indices.elements, signed.elements) {
            guard case .int(let number) = index, case .string(let text) = signature, let bytes = Hex.decode(text),
                let key = keys.first(where: { "\($0.index)" == "\(number)" })
            else {
                throw AccessError(
                    .invalidArgument, "[Error Code: 1101] panic: Key provided does not exist on account")
            }
            let point = try PublicKey(
                algorithm: key.signatureAlgorithmCode == 2 ? .ecdsaP256 : .ecdsaSecp256k1, bytes: key.publicKey)
            let hash: HashAlgorithm = key.hashAlgorithmCode == 1 ? .sha2_256 : .sha3_256
            guard seen.insert("\(number)").inserted, !key.revoked,
                point.verify(signature: bytes, message: tag.bytes + message, hash: hash)
            else { return JSONCDC.encode(.bool(false)) }
            weight += key.weight
        }
        return JSONCDC.encode(.bool(weight >= 1000)) + [0x0a]
    }
}
