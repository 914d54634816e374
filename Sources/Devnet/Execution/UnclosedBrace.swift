/// The one mistake of syntax that is looked for: a source that ends before its braces are closed. A node parses all.
struct UnclosedBrace {
    /// Where the source ends.
    var line: Int
    var column: Int
    var lastLine: String

    /// Nil where all braces outside of comments and texts are closed.
    init?(in source: String) {
        var depth = 0
        var isInText = false
        var isInComment = false
        var previous: UInt8 = 0
        for byte in source.utf8 {
            switch byte {
            case 0x0a: isInComment = false
            case 0x22 where !isInComment && previous != 0x5c: isInText.toggle()
            case 0x2f where !isInText && previous == 0x2f: isInComment = true
            case 0x7b where !isInText && !isInComment: depth += 1
            case 0x7d where !isInText && !isInComment: depth -= 1
            default: break
            }
            previous = byte
        }
        guard depth > 0 else { return nil }
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        line = lines.count
        lastLine = lines.last.map(String.init) ?? ""
        column = lastLine.utf8.count
    }

    private static let documentation = "\n  See documentation at: https://cadence-lang.org/docs/language/syntax\n"

    /// As Cadence reports it of a contract.
    func text(location: String, declaration: String) -> String {
        "error: expected closing brace (`}`) at end of \(declaration) declaration\n"
            + excerpt(
                location,
                "\(declaration) declarations must be enclosed in braces `{ ... }`; add the missing closing brace (`}`)")
            + Self.documentation
    }

    /// As an access node refuses a transaction.
    var refusal: String {
        "failed to parse transaction Cadence script: Parsing failed:\n"
            + "error: expected closing brace (`}`) at end of function block\n"
            + excerpt("", "function block must be enclosed in braces `{ ... }`; add the missing closing brace (`}`)")
            + Self.documentation + "\nerror: unexpected token: EOF\n"
            + excerpt("", "check for extra characters, missing semicolons, or incomplete statements")
            + Self.documentation
            + ExecutionFailure.hint
    }

    private func excerpt(_ location: String, _ note: String) -> String {
        // Cadence counts the column of the end from the last byte there is.
        let indent = String(repeating: " ", count: String(line).utf8.count)
        return "\(indent)--> \(location):\(line):\(column)\n\(indent) |\n\(line) | \(lastLine)\n"
            + "\(indent) | \(String(repeating: " ", count: column))^ \(note)\n"
    }
}
