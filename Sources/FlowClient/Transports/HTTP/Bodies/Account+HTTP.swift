import Encoding
import HTTP

/// An account, with its keys and contracts where they were expanded.
struct AccountBody: HTTPBody {
    var account = Account()
    /// What the node left out: `keys`, `contracts`. A list that is empty is neither in the body nor here.
    var unexpanded: [String] = []

    init(from scanner: inout JSONScanner) throws {
        try scanner.fields(["address", "balance", "_expandable"]) { name, scanner in
            switch name {
            case "address": account.address = try scanner.address()
            case "balance": account.balance = try scanner.uint64()
            case "keys": account.keys = try scanner.list()
            case "contracts":
                if try scanner.null() { return }
                try scanner.fields([]) { name, scanner in account.contracts[name] = try scanner.base64() }
            case "_expandable": try scanner.fields([]) { name, _ in unexpanded.append(name) }
            default: break
            }
        }
    }
}

extension AccountKey: HTTPBody {
    private static let signatureNames = ["UNKNOWN", "BLS_BLS12381", "ECDSA_P256", "ECDSA_secp256k1"]
    private static let hashNames = ["UNKNOWN", "SHA2_256", "SHA2_384", "SHA3_256", "SHA3_384", "KMAC128", "KECCAK_256"]

    init(from scanner: inout JSONScanner) throws {
        self.init()
        let required: [StaticString] = [
            "index", "public_key", "signing_algorithm", "hashing_algorithm", "sequence_number", "weight", "revoked",
        ]
        try scanner.fields(required) { name, scanner in
            switch name {
            case "index": index = KeyIndex(try scanner.uint32())
            case "public_key": publicKey = try scanner.hex(prefix: true)
            case "signing_algorithm": signatureAlgorithmCode = try Self.code(Self.signatureNames, &scanner)
            case "hashing_algorithm": hashAlgorithmCode = try Self.code(Self.hashNames, &scanner)
            case "sequence_number": sequenceNumber = SequenceNumber(try scanner.uint64())
            case "weight": weight = try scanner.uint32()
            case "revoked": revoked = try scanner.bool()
            default: break
            }
        }
    }

    /// The API's description has the names without underscores; nodes send them with.
    private static func code(_ names: [String], _ scanner: inout JSONScanner) throws -> UInt32 {
        let text = try scanner.string()
        let plain = { (name: String) in name.filter { $0 != "_" }.lowercased() }
        guard let at = names.firstIndex(where: { plain($0) == plain(text) }) else {
            throw scanner.failure("no algorithm is called \(text.prefix(20))")
        }
        return UInt32(at)
    }
}

/// `{"keys": […]}`
struct AccountKeyList: HTTPBody {
    var keys: [AccountKey] = []

    init(from scanner: inout JSONScanner) throws {
        try scanner.fields(["keys"]) { name, scanner in if name == "keys" { keys = try scanner.list() } }
    }
}

/// `{"balance": "…"}`
struct AccountBalance: HTTPBody {
    var balance: UInt64 = 0

    init(from scanner: inout JSONScanner) throws {
        try scanner.fields(["balance"]) { name, scanner in if name == "balance" { balance = try scanner.uint64() } }
    }
}

extension NodeVersionInfo: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init()
        try scanner.fields([
            "semver", "commit", "spork_id", "protocol_version", "spork_root_block_height", "node_root_block_height",
        ]) { name, scanner in
            switch name {
            case "semver": semver = try scanner.string()
            case "commit": commit = try scanner.string()
            case "spork_id": sporkID = try scanner.hex(count: 32)
            case "protocol_version": protocolVersion = try scanner.uint64()
            case "protocol_state_version": protocolStateVersion = try scanner.uint64()
            case "spork_root_block_height": sporkRootBlockHeight = try scanner.height()
            case "node_root_block_height": nodeRootBlockHeight = try scanner.height()
            case "compatible_range": if try !scanner.null() { compatibleRange = try scanner.value() }
            default: break
            }
        }
    }
}

extension NodeVersionInfo.CompatibleRange: HTTPBody {
    init(from scanner: inout JSONScanner) throws {
        self.init(start: 0, end: 0)
        try scanner.fields(["start_height", "end_height"]) { name, scanner in
            switch name {
            case "start_height": start = try scanner.height()
            case "end_height": end = try scanner.height()
            default: break
            }
        }
    }
}

/// `{"chain_id": "flow-mainnet"}`
struct NetworkParameters: HTTPBody {
    var chainID = ""

    init(from scanner: inout JSONScanner) throws {
        try scanner.fields(["chain_id"]) { name, scanner in if name == "chain_id" { chainID = try scanner.string() } }
    }
}
