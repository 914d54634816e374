public import Encoding

/// The arguments of transactions and scripts: found by what the source declares, built from plain JSON or from Cadence values, and
/// written as the chain takes them, each one JSON-CDC text.
///
/// Plain JSON means: numbers or their digits as text for the integer types (a text for those beyond a Float64), a decimal number or its
/// digits for fixed-point types, hex with or without 0x for Address, `/public/name` for paths, lists for arrays (for [UInt8] also hex
/// with 0x), objects for dictionaries, null for an empty optional and nothing around a full one. Where Cadence leaves the type open
/// (AnyStruct, structs, enums, capabilities) the JSON is a JSON-CDC value.
public enum TransactionArguments {
    /// What a transaction, or a script's `main`, declares.
    /// - Throws: where the source has neither, or its parameter list can't be read.
    public static func parameters(of script: [UInt8]) throws(CadenceCodingError) -> [CadenceParameter] {
        var scanner = try CadenceSourceScanner(script)
        switch try declaration(&scanner) {
        case .transaction: return scanner.isSign("(") ? try list(&scanner) : []
        case .main: return try list(&scanner)
        }
    }

    /// How many accounts a transaction's `prepare` takes: it has that many authorizers. Nil where the source is a script.
    /// - Throws: where the source has neither a transaction nor a `main`, or can't be read.
    public static func authorizerCount(of script: [UInt8]) throws(CadenceCodingError) -> Int? {
        var scanner = try CadenceSourceScanner(script)
        guard try declaration(&scanner) == .transaction else { return nil }
        if scanner.isSign("(") { _ = try list(&scanner) }
        var depth = 0
        while scanner.token != .end {
            if depth == 1, scanner.isName("prepare") {
                try scanner.advance()
                return try list(&scanner).count
            }
            depth += nesting(scanner)
            try scanner.advance()
        }
        return 0
    }

    private enum Declaration { case transaction, main }

    /// Goes behind the word that declares the transaction, or the script's `main`.
    private static func declaration(_ scanner: inout CadenceSourceScanner) throws(CadenceCodingError) -> Declaration {
        var depth = 0
        while scanner.token != .end {
            if depth == 0, scanner.isName("transaction") {
                try scanner.advance()
                return .transaction
            }
            if depth == 0, scanner.isName("fun") {
                try scanner.advance()
                guard scanner.isName("main") else { continue }
                try scanner.advance()
                return .main
            }
            depth += nesting(scanner)
            try scanner.advance()
        }
        throw CadenceCodingError(.argument, "the source declares neither a transaction nor a function main")
    }

    /// What the sign here does to the depth.
    private static func nesting(_ scanner: CadenceSourceScanner) -> Int {
        if scanner.isSign("{") || scanner.isSign("(") || scanner.isSign("[") { return 1 }
        return scanner.isSign("}") || scanner.isSign(")") || scanner.isSign("]") ? -1 : 0
    }

    private static func list(_ scanner: inout CadenceSourceScanner) throws(CadenceCodingError) -> [CadenceParameter] {
        try scanner.require("(")
        var parameters: [CadenceParameter] = []
        while !scanner.isSign(")") {
            let first = try scanner.requireName()
            var label = ""
            var identifier = first
            if case .name(let second) = scanner.token {
                label = first
                identifier = second
                try scanner.advance()
            }
            try scanner.require(":")
            let type = try CadenceTypeParser.type(&scanner)
            parameters.append(CadenceParameter(label: label, identifier: identifier, type: type))
            guard try scanner.take(",") else { break }
        }
        try scanner.require(")")
        return parameters
    }

    /// Arguments from JSON: an object with a member for each parameter (one that is optional may be missing), or a list in their order.
    /// - Throws: with the parameter's name and the path inside of it.
    public static func build(script: [UInt8], json: JSON) throws(CadenceCodingError) -> [[UInt8]] {
        try values(for: try parameters(of: script), json: json).map(JSONCDC.encode)
    }

    /// The same, from the bytes of a JSON text.
    public static func build(script: [UInt8], json: [UInt8]) throws(CadenceCodingError) -> [[UInt8]] {
        let parsed: JSON
        do { parsed = try JSON(parsing: json) } catch { throw CadenceCodingError(.argument, "no JSON: \(error)") }
        return try build(script: script, json: parsed)
    }

    /// Arguments from values, one for each parameter. Throws where one is not of the declared type.
    public static func build(script: [UInt8], values: [CadenceValue]) throws(CadenceCodingError) -> [[UInt8]] {
        let parameters = try parameters(of: script)
        guard values.count == parameters.count else {
            throw CadenceCodingError(
                .argument, "\(parameters.count) arguments were expected, \(values.count) were given")
        }
        for (parameter, value) in zip(parameters, values) {
            do { try ArgumentCheck.check(value, parameter.type) } catch { throw error.inside(parameter.identifier) }
        }
        return values.map(JSONCDC.encode)
    }

    /// The values that JSON stands for by the types of these parameters.
    public static func values(
        for parameters: [CadenceParameter], json: JSON
    ) throws(CadenceCodingError) -> [CadenceValue] {
        let given: [JSON]
        switch json {
        case .array(let elements):
            guard elements.count == parameters.count else {
                throw CadenceCodingError(
                    .argument, "\(parameters.count) arguments were expected, \(elements.count) were given")
            }
            given = elements
        case .object(let members):
            for member in members where !parameters.contains(where: { $0.identifier == member.name }) {
                throw CadenceCodingError(.argument, "there is no such parameter", path: member.name)
            }
            var found: [JSON] = []
            for parameter in parameters {
                if let value = json[parameter.identifier] {
                    found.append(value)
                } else if case .optional = parameter.type {
                    found.append(.null)
                } else {
                    throw CadenceCodingError(
                        .argument, "nothing was given for it, and it is a \(parameter.type.typeID)",
                        path: parameter.identifier)
                }
            }
            given = found
        default: throw CadenceCodingError(.argument, "arguments are an object or a list")
        }
        var values: [CadenceValue] = []
        for (parameter, json) in zip(parameters, given) {
            do { values.append(try ArgumentBuilder.value(json, parameter.type)) } catch {
                throw error.inside(parameter.identifier)
            }
        }
        return values
    }
}
