import Encoding

extension CommandLineProgram {
    /// All commands, one a line.
    func help() -> String {
        var out = "\(name): \(summary)\n\nUsage: \(name) COMMAND [options]\n\nCommands:\n"
        out += Self.columns(commands.map { ($0.name, $0.summary) })
        out += "\n\(name) help COMMAND says more about one. \(name) --version says which this is.\n"
        return out
    }

    /// For a command, or a group of them. Throws where there is none of that name.
    func help(for words: [String]) throws -> String {
        guard !words.isEmpty else { return help() }
        let names = words.indices.reversed().map { words[...$0].joined(separator: " ") }
        if let command = names.lazy.compactMap({ name in commands.first { $0.name == name } }).first {
            return help(command)
        }
        if words.count == 1, let help = groupHelp(words[0]) { return help }
        let known = commands.map(\.name)
        // A mistyped command of a group is two words, any other one.
        let pair = words.prefix(2).joined(separator: " ")
        let typed = NearestWord.find(pair, in: known.filter { $0.contains(" ") }) == nil ? words[0] : pair
        let hint = NearestWord.find(typed, in: known).map { ". Did you mean \($0)?" } ?? ""
        throw UsageError("unknown command \(PlainText.jsonString(typed))\(hint)\nSee: \(name) help")
    }

    /// The commands whose names begin with this word; nil where none do.
    private func groupHelp(_ word: String) -> String? {
        let group = commands.filter { $0.name.hasPrefix(word + " ") }
        guard !group.isEmpty else { return nil }
        return "Usage: \(name) \(word) COMMAND [options]\n\nCommands:\n"
            + Self.columns(group.map { ($0.name, $0.summary) })
            + "\n\(name) help \(word) COMMAND says more about one.\n"
    }

    func help(_ command: Command) -> String {
        var out = "\(name) \(command.name): \(command.summary)\n\nUsage: \(usage(command))\n"
        if !command.discussion.isEmpty { out += "\n\(command.discussion)\n" }
        if !command.arguments.isEmpty {
            out += "\nArguments:\n" + Self.columns(command.arguments.map { ($0.name, $0.meaning) })
        }
        let options = command.options.map { (Self.shown($0), $0.meaning) } + [("--help", "this text")]
        out += "\nOptions:\n" + Self.columns(options)
        if command.usesConfiguration, let configuration {
            let shown = configuration.settings.filter { setting in
                command.shownSettings.contains { setting.name.hasPrefix($0) }
            }
            let settings = shown.map { ("--" + ConfigurationTable.flag(for: $0.name), $0.meaning) }
            let files =
                configurationFiles.isEmpty
                ? "" : " (default: the first there is of \(configurationFiles.joined(separator: ", ")))"
            out += "\nConfiguration, over the environment and the file:\n"
            out += Self.columns([("--config PATH", "the YAML file\(files)")] + settings)
        }
        if !command.examples.isEmpty {
            out += "\nExamples:\n" + command.examples.map { "  \($0.line)\n      \($0.meaning)\n" }.joined()
        }
        return out
    }

    private func usage(_ command: Command) -> String {
        let arguments = command.arguments.map { argument in
            switch argument.count {
            case .one: argument.name
            case .atMostOne: "[\(argument.name)]"
            case .any: "[\(argument.name)…]"
            case .atLeastOne: "\(argument.name)…"
            }
        }
        return ([name, command.name, "[options]"] + arguments).joined(separator: " ")
    }

    private static func shown(_ option: Command.Option) -> String {
        (option.short.map { "-\($0), " } ?? "") + "--" + option.name + (option.value.map { " \($0)" } ?? "")
            + (option.repeats ? " …" : "")
    }

    /// Two columns; a left word that is too wide gets a line of its own.
    static func columns(_ rows: [(String, String)]) -> String {
        let width = min(30, rows.map(\.0.count).max() ?? 0)
        return rows.map { left, right in
            left.count > width
                ? "  \(left)\n  \(String(repeating: " ", count: width))  \(right)\n"
                : "  \(left.padding(to: width))  \(right)\n"
        }.joined()
    }
}
