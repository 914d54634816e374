extension CadenceImports {
    /// What a program says, apart from how it is laid out and from where its contracts live: its tokens, with imports by
    /// name. Two sources of one meaning give the same bytes; comments, spaces and line ends make no difference. Nil for
    /// source that ends in the middle of a comment or a text.
    public static func canonical(_ source: String) -> [UInt8]? {
        // Twice: an import with a comment in it has a name only without it.
        tokens(Array(source.utf8)).flatMap { tokens(Array(unresolve(String(decoding: $0, as: UTF8.self)).source.utf8)) }
    }

    /// Signs that mean something else when they touch: `<-` moves, `< -` compares.
    private static let operators = Set("<>-=!&|?+*/%^".utf8)

    /// A space between tokens, but for operators that touch.
    private static func tokens(_ source: [UInt8]) -> [UInt8]? {
        var out: [UInt8] = []
        var signEnd: Int?
        do throws(CadenceCodingError) {
            var scanner = try CadenceSourceScanner(source)
            while scanner.token != .end {
                var isSign = false
                if case .sign(let sign) = scanner.token { isSign = operators.contains(sign) }
                if !out.isEmpty, !(isSign && signEnd == scanner.start) { out.append(0x20) }
                out += source[scanner.start..<scanner.at]
                signEnd = isSign ? scanner.at : nil
                try scanner.advance()
            }
        } catch {
            return nil
        }
        return out
    }
}
