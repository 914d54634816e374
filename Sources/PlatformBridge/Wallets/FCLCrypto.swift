package import Cadence
import Encoding
package import FlowClient
import Signer

/// The contract that verifies wallets' signatures on chain, where it is deployed (onflow/fcl-contracts:contracts/FCLCrypto.cdc).
package struct FCLCrypto: Sendable {
    /// onflow/fcl-js:packages/fcl-core/src/app-utils/verify-signatures.ts. There is none on the emulator.
    package static let knownAddresses: [ChainID: Address] = [
        .mainnet: Address(rawValue: 0xb4b8_2a1c_9d21_d284), .testnet: Address(rawValue: 0x74da_a6f9_c7ef_24b1),
        .previewnet: Address(rawValue: 0x40b5_b8b2_ce81_ea4a),
    ]

    enum Question: String {
        case accountProof = "verifyAccountProofSignatures"
        case userMessage = "verifyUserSignatures"
    }

    /// That there is nobody to ask: it says nothing of the signatures.
    package enum Absence: Error, Hashable, Sendable, CustomStringConvertible {
        case unknown(ChainID)
        case notDeployed(Address, ChainID)
        case nonsense(String)

        package var description: String {
            switch self {
            case .unknown(let chain):
                "it is not known where FCLCrypto is deployed on \(chain): verify by the account's keys instead"
            case .notDeployed(let address, let chain):
                "FCLCrypto is not deployed at \(address) on \(chain): verify by the account's keys instead"
            case .nonsense(let answer): "FCLCrypto answered with \(answer) and not with true or false"
            }
        }
    }

    let address: Address?
    let chain: ChainID

    func script(_ question: Question) throws(Absence) -> [UInt8] {
        guard let address else { throw .unknown(chain) }
        return Array(
            """
            import FCLCrypto from \(address)

            access(all) fun main(address: Address, message: String, keyIndices: [Int], signatures: [String]): Bool {
                return FCLCrypto.\(question.rawValue)(
                    address: address, message: message, keyIndices: keyIndices, signatures: signatures
                )
            }
            """.utf8)
    }

    /// The message goes as hex and without its domain tag, which is the contract's.
    static func arguments(_ message: [UInt8], _ address: Address, _ signatures: [CompositeSignature]) -> [[UInt8]] {
        [
            CadenceValue.address(address), .string(Hex.encode(message)),
            .array(CadenceArray(signatures.map { .int(BigInt(Int64($0.keyIndex))) })),
            .array(CadenceArray(signatures.map { .string(Hex.encode($0.signature)) })),
        ].map { JSONCDC.encode($0) }
    }

    func verdict(_ answer: [UInt8]) throws(Absence) -> Bool {
        guard let value = try? JSONCDC.decode(answer) else { throw .nonsense("bytes that are no JSON-CDC") }
        guard case .bool(let verdict) = value else { throw .nonsense("\(value)") }
        return verdict
    }

    /// The contract panics for a key that is not there, and a signature that can't be one; without the contract the script
    /// does not check. Everything else is the node's trouble.
    func meaning(of error: AccessError) -> any Error {
        let said = error.message
        // Words of the emulator (v1.20.0) for an import of a contract that is not there.
        if said.contains("cannot find declaration `FCLCrypto`")
            || said.contains("cannot find type in this scope: `FCLCrypto`"),
            let address
        {
            return Absence.notDeployed(address, chain)
        }
        if said.contains("Key provided does not exist on account") { return ProofRefusal.refusedOnChain }
        return error
    }
}
