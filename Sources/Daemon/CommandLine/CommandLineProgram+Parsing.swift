import Encoding

extension CommandLineProgram {
    enum Call {
        case help(String)
        case run(Parsed)
    }

    struct Parsed {
        var command: Command
        var arguments: [String: [String]] = [:]
        var options: [String: [String]] = [:]
        var configurationFlags: [(name: String, value: String)] = []
    }

    /// Pure: what the words mean.
    func parse(_ words: [String]) throws -> Call {
        guard let first = words.first else { return .help(help()) }
        switch first {
        case "--help", "-h": return .help(help())
        case "--version": return .help("\(name) \(version)\n")
        case "help": return .help(try help(for: Array(words.dropFirst())))
        default: break
        }
        guard let command = command(at: words) else {
            // `weir keys --help` asks for the group, as `weir keys` does.
            let named = words.filter { $0 != "--help" && $0 != "-h" }
            return .help(try help(for: named))
        }
        let rest = words.dropFirst(command.name.split(separator: " ").count)
        let beforeEnd = rest.prefix { $0 != "--" }
        if beforeEnd.contains("--help") || beforeEnd.contains("-h") { return .help(help(command)) }
        do { return .run(try parse(command, rest)) } catch let error as UsageError {
            throw UsageError("\(command.name): \(error.message)\nSee: \(name) help \(command.name)")
        }
    }

    /// The longest name that the words begin with.
    private func command(at words: [String]) -> Command? {
        commands.filter { words.starts(with: $0.name.split(separator: " ").map(String.init)) }
            .max { $0.name.count < $1.name.count }
    }

    private func parse(_ command: Command, _ words: ArraySlice<String>) throws -> Parsed {
        var parsed = Parsed(command: command)
        var positional: [String] = []
        var rest = words
        while let word = rest.popFirst() {
            if word == "--" {
                positional += rest
                break
            }
            guard word.hasPrefix("-"), word != "-", Double(word) == nil else {
                positional.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let attached = parts.count > 1 ? parts[1] : nil
            if let option = option(command, parts[0]) {
                try read(option, attached, &rest, &parsed)
            } else if command.usesConfiguration, let setting = setting(parts[0]) {
                let value = try attached ?? value(after: parts[0], setting.kind, &rest)
                parsed.configurationFlags.append((setting.flag, value))
            } else {
                throw UsageError("unknown option \(parts[0])\(nearestOption(command, parts[0]))")
            }
        }
        parsed.arguments = try assign(positional, to: command.arguments)
        return parsed
    }

    private func option(_ command: Command, _ word: String) -> Command.Option? {
        command.options.first { "--" + $0.name == word || $0.short.map { "-\($0)" } == word }
    }

    private func setting(_ word: String) -> (flag: String, kind: String)? {
        guard word.hasPrefix("--"), let configuration else { return nil }
        let name = String(word.dropFirst(2))
        if name == "config" { return ("config", "a path") }
        return configuration.setting(flag: name).map { (name, $0.kindName) }
    }

    private func read(
        _ option: Command.Option, _ attached: String?, _ rest: inout ArraySlice<String>, _ parsed: inout Parsed
    ) throws {
        let value: String
        if let placeholder = option.value {
            value = try attached ?? self.value(after: "--" + option.name, placeholder, &rest)
        } else {
            guard attached == nil else { throw UsageError("--\(option.name) takes no value") }
            value = "true"
        }
        if !option.repeats, option.value != nil, parsed.options[option.name] != nil {
            throw UsageError("--\(option.name) is given twice")
        }
        parsed.options[option.name, default: []].append(value)
    }

    private func value(after word: String, _ kind: String, _ rest: inout ArraySlice<String>) throws -> String {
        guard let value = rest.first, !value.hasPrefix("--") else { throw UsageError("\(word) needs a value: \(kind)") }
        rest.removeFirst()
        return value
    }

    private func assign(_ words: [String], to declared: [Command.Argument]) throws -> [String: [String]] {
        var rest = words[...]
        var out: [String: [String]] = [:]
        for argument in declared {
            switch argument.count {
            case .one, .atMostOne: out[argument.name] = rest.popFirst().map { [$0] }
            case .any, .atLeastOne:
                out[argument.name] = rest.isEmpty ? nil : Array(rest)
                rest = []
            }
            if out[argument.name] == nil, argument.count == .one || argument.count == .atLeastOne {
                throw UsageError("\(argument.name) is missing: \(argument.meaning)")
            }
        }
        if let surplus = rest.first {
            // What is as long as a key may be one that was pasted here by mistake: it is not said back, for logs to keep.
            let shown = surplus.utf8.count < 40 ? PlainText.jsonString(surplus) : "of \(surplus.utf8.count) characters"
            throw UsageError("unexpected argument \(shown)")
        }
        return out
    }

    private func nearestOption(_ command: Command, _ word: String) -> String {
        var known = command.options.map { "--" + $0.name } + ["--help"]
        if command.usesConfiguration, let configuration {
            known += ["--config"] + configuration.settings.map { "--" + ConfigurationTable.flag(for: $0.name) }
        }
        return NearestWord.find(word, in: known).map { ". Did you mean \($0)?" } ?? ""
    }
}
