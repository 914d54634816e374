import Cadence
import Encoding
import FlowClient

/// What a script's first lines declare: its parameters, and how many authorizers its `prepare` takes.
package struct ScriptHeader: Sendable {
    package struct Parameter: Hashable, Sendable {
        package var name: String
        /// As it is written, such as `[Address?]`.
        package var type: String
    }

    package var parameters: [Parameter]
    /// Nil where there is no `prepare`: none then.
    var authorizers: Int

    /// Of a transaction, or of a script's `main`. Nil where the source has neither.
    package init?(_ source: String) {
        // Without comments, and with one kind of space.
        guard let code = CadenceImports.canonical(source).map({ String(decoding: $0, as: UTF8.self) }) else {
            return nil
        }
        let isTransaction = code.firstRange(of: "transaction") != nil
        guard let start = code.firstRange(of: isTransaction ? "transaction" : "fun main") else { return nil }
        parameters = []
        let rest = code[start.upperBound...].drop { $0.isWhitespace }
        if rest.first == "(" {
            guard let inside = Self.parenthesized(rest) else { return nil }
            for part in Self.split(inside) {
                guard let colon = part.firstIndex(of: ":") else { return nil }
                let name = part[..<colon].split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
                parameters.append(
                    Parameter(name: name, type: part[part.index(after: colon)...].filter { !$0.isWhitespace }))
            }
        }
        authorizers = 0
        if isTransaction, let prepare = rest.firstRange(of: "prepare") {
            let signature = rest[prepare.upperBound...].drop { $0.isWhitespace }
            authorizers = Self.parenthesized(signature).map { Self.split($0).count } ?? 0
        }
    }

    /// What stands between an opening parenthesis and its closing one.
    private static func parenthesized(_ text: Substring) -> Substring? {
        guard text.first == "(" else { return nil }
        var depth = 0
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" {
                depth -= 1
                if depth == 0 { return text[text.index(after: text.startIndex)..<index] }
            }
        }
        return nil
    }

    /// At commas that no bracket holds.
    private static func split(_ text: Substring) -> [Substring] {
        var parts: [Substring] = []
        var depth = 0
        var start = text.startIndex
        for index in text.indices {
            switch text[index] {
            case "(", "[", "{", "<": depth += 1
            case ")", "]", "}", ">": depth -= 1
            case "," where depth == 0:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        parts.append(text[start...])
        return parts.filter { $0.contains { !$0.isWhitespace } }
    }
}

extension ScriptHeader {
    /// The arguments, decoded and of the declared types, or the error that the virtual machine gives.
    func check(_ arguments: [[UInt8]], location: String) throws(ExecutionFailure) -> [CadenceValue] {
        var values: [CadenceValue] = []
        for (index, (argument, parameter)) in zip(arguments, parameters).enumerated() {
            let value: CadenceValue
            do {
                value = try JSONCDC.decode(argument)
            } catch {
                throw .cadence(
                    "invalid argument at index \(index): decodeing argument failed: [Error Code: 1052] transaction arguments "
                        + "are invalid: (argument is not json decodable: \(Self.goMessage(argument, error)))",
                    program: location, root: 1052)
            }
            guard Self.conforms(value, to: parameter.type[...]) else {
                throw .cadence(
                    "invalid argument at index \(index): expected value of type `\(parameter.type)`", program: location)
            }
            values.append(value)
        }
        return values
    }

    func checkCounts(arguments: Int, authorizers: Int?, location: String) throws(ExecutionFailure) {
        guard arguments == parameters.count else {
            throw .cadence(
                "entry point parameter count mismatch: expected \(parameters.count), got \(arguments)",
                program: location)
        }
        if let authorizers, authorizers != self.authorizers {
            throw .cadence(
                "authorizer count mismatch for transaction: expected \(self.authorizers), got \(authorizers)",
                program: location)
        }
    }

    /// In the words of the chain's own decoder where it stumbles over the first letter of a key, in ours elsewhere.
    private static func goMessage(_ argument: [UInt8], _ error: any Error) -> String {
        if argument.count > 1, argument[0] == 0x7b, argument[1] != 0x22, argument[1] != 0x7d {
            let letter = String(decoding: [argument[1]], as: UTF8.self)
            return "failed to decode JSON: invalid character '\(letter)' looking for beginning of object key string"
        }
        return "failed to decode JSON: \(error)"
    }

    private static func conforms(_ value: CadenceValue, to type: Substring) -> Bool {
        if type.hasSuffix("?") {
            guard case .optional(let inner) = value else { return false }
            return inner.map { conforms($0, to: type.dropLast()) } ?? true
        }
        if type.hasPrefix("["), type.hasSuffix("]") {
            guard case .array(let array) = value else { return false }
            let element = type.dropFirst().dropLast()
            return array.elements.allSatisfy { conforms($0, to: element) }
        }
        if type.hasPrefix("{"), type.hasSuffix("}"), case .dictionary(let dictionary) = value {
            let parts = type.dropFirst().dropLast().split(separator: ":", maxSplits: 1)
            return parts.count == 2
                && dictionary.pairs.allSatisfy { conforms($0.key, to: parts[0]) && conforms($0.value, to: parts[1]) }
        }
        switch value {
        case .composite(let composite): return composite.typeID == type || composite.typeID.hasSuffix(".\(type)")
        case .string: return type == "String"
        case .address: return type == "Address"
        case .bool: return type == "Bool"
        case .int: return type == "Int"
        case .uint8: return type == "UInt8"
        case .uint64: return type == "UInt64"
        case .ufix64: return type == "UFix64"
        default: return false
        }
    }
}
