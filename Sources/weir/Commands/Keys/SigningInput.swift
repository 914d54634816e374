import Cadence
import Daemon
import Encoding
import FlowClient
import Glibc
import Signer

/// What `weir sign` and `weir verify` read that is no secret.
enum SigningInput {
    static let message = Command.Option.value("message", "TEXT", "the message, as text")
    static let messageHex = Command.Option.value("message-hex", "HEX", "the message, as bytes")
    static let messageFile = Command.Option.value(
        "message-file", "PATH", "the message, from a file (- is standard input)")
    static let tag = Command.Option.value(
        "tag", "TAG", "the domain tag before it: user (default), account-proof, none, or text of 32 bytes at most")
    static let messages = [message, messageHex, messageFile]

    static func message(_ context: CommandContext) throws -> [UInt8] {
        let given = ["message", "message-hex", "message-file"].filter { context.option($0) != nil }
        guard given.count == 1 else { throw UsageError("one of --message, --message-hex and --message-file is needed") }
        if let text = context.option("message") { return Array(text.utf8) }
        if let path = context.option("message-file") { return try file(path) }
        return try hex(context, "message-hex")
    }

    static func tagged(_ context: CommandContext) throws -> [UInt8] {
        let message = try message(context)
        switch context.option("tag") ?? "user" {
        case "user": return DomainTag.user.bytes + message
        case "account-proof": return DomainTag.accountProof.bytes + message
        case "none":
            guard !message.starts(with: DomainTag.transaction.bytes) else { throw transaction }
            return message
        case "transaction", "FLOW-V0.0-transaction": throw transaction
        case let text:
            do throws(SignerError) { return try DomainTag(text).bytes + message } catch {
                throw UsageError("--tag: \(error.message)")
            }
        }
    }

    /// Nobody signs a transaction without having been told that it is one.
    private static let transaction = UsageError(
        "a transaction is signed by `weir sign transaction`, which shows what it is")

    static func hex(_ context: CommandContext, _ option: String) throws -> [UInt8] {
        guard let text = context.option(option) else { throw UsageError("--\(option) is needed") }
        guard let bytes = Hex.decode(text.hasPrefix("0x") ? text.dropFirst(2) : text[...]) else {
            throw UsageError("--\(option): expected hex")
        }
        return bytes
    }

    static func address(_ context: CommandContext, _ option: String) throws -> Address? {
        try context.option(option, as: .flowAddress)
    }

    /// A file's bytes; standard input for none, or for -. Pipes such as a shell's <(…) do too.
    static func file(_ path: String?) throws -> [UInt8] {
        guard let path, path != "-" else { return try read(0, called: "standard input") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw UsageError("\(path) can't be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        return try read(descriptor, called: path)
    }

    private static func read(_ descriptor: Int32, called name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            var problem: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                let found = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if found < 0 { problem = errno }
                count = max(0, found)
            }
            if problem == EINTR { continue }
            guard problem == 0 else { throw UsageError("\(name) can't be read: \(String(cString: strerror(problem)))") }
            if chunk.isEmpty { return bytes }
            bytes += chunk
            guard bytes.count <= 1 << 28 else { throw UsageError("\(name) is too long") }
        }
    }

    /// A transaction in RLP: hex text, or the bytes themselves.
    static func transaction(_ path: String?) throws -> Transaction {
        try transaction(try file(path), called: path ?? "standard input")
    }

    static func transaction(_ input: [UInt8], called name: String) throws -> Transaction {
        let text = String(decoding: input, as: UTF8.self).filter { !$0.isWhitespace }
        let bytes = Hex.decode(text.hasPrefix("0x") ? text.dropFirst(2) : text[...]) ?? input
        do { return try Transaction(rlp: bytes) } catch {
            throw UsageError("\(name) is no transaction in RLP: \(error)")
        }
    }
}
