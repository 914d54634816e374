import Cadence
import Daemon
import Encoding
import FlowClient
import FoundationEssentials

extension Weir {
    private static let decodeDiscussion = """
        Reads one value from FILE or standard input: the bytes themselves, or hex or base64 text of them. Prints it as a
        person reads it, or with --json as canonical JSON-CDC.
        """
    private static let decodeFile = Command.Argument.optional("FILE", "what to decode; standard input by default")
    private static let decodeJSONFlag = Command.Option.flag("json", "canonical JSON-CDC in one line")

    static let decodeJSONCommand = Command(
        "decode json-cdc", summary: "decode a Cadence value in JSON-CDC", discussion: decodeDiscussion,
        arguments: [decodeFile],
        options: [decodeJSONFlag, .flag("historic", "take what was written before Cadence 1.0 as well")],
        examples: [.init(#"echo '{"type":"UInt64","value":"7"}' | weir decode json-cdc"#, "7")]
    ) { context in
        let forms: JSONCDC.Forms = context.flag("historic") ? .historic : .current
        try decode(context) { try JSONCDC.decode($0, forms: forms) }
    }

    static let decodeCCFCommand = Command(
        "decode ccf", summary: "decode a Cadence value in CCF", discussion: decodeDiscussion, arguments: [decodeFile],
        options: [decodeJSONFlag], examples: [.init("echo d88282d88903182a | weir decode ccf", "an address, in hex")]
    ) { context in
        try decode(context) { try CCF.decode($0) }
    }

    private static func decode(_ context: CommandContext, _ read: ([UInt8]) throws -> CadenceValue) throws {
        let path = context.optionalArgument("FILE")
        let value = try read(bytes(of: try SigningInput.file(path)))
        if context.flag("json") {
            context.print(String(decoding: JSONCDC.encode(value), as: UTF8.self))
        } else {
            context.print(value.indentedText())
        }
    }

    /// Text that is hex or base64 stands for its bytes. JSON-CDC begins with a brace and CCF with 0xd8: neither is
    /// mistaken for them.
    private static func bytes(of input: [UInt8]) -> [UInt8] {
        guard let first = input.first, first != 0xd8, first != UInt8(ascii: "{") else { return input }
        let text = String(decoding: input, as: UTF8.self).filter { !$0.isWhitespace }
        let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : text
        if let bytes = Hex.decode(digits), !bytes.isEmpty { return bytes }
        return Data(base64Encoded: text).map { Array($0) } ?? input
    }
}
