import Secrets

/// Collects what each source says, and what is wrong with it.
struct ConfigurationLoader {
    let table: ConfigurationTable
    private var entries: [String: Configuration.Entry] = [:]
    private var mistakes: [ConfigurationMistake] = []

    init(table: ConfigurationTable) { self.table = table }

    mutating func read(file: String, text: String) {
        do {
            guard let root = try YAMLParser.parse(text), !root.isNull else { return }
            guard case .mapping(let pairs) = root.content else {
                return add("", "expected keys and values, found \(root.kindName)", .file(file, line: root.line))
            }
            descend(pairs, prefix: "", file: file)
        } catch let error as YAMLError {
            add("", error.message, .file(file, line: error.line))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private mutating func descend(_ pairs: [YAMLNode.Pair], prefix: String, file: String) {
        for pair in pairs {
            let name = prefix + pair.key
            let origin = Configuration.Origin.file(file, line: pair.keyLine)
            if let setting = table.settings.first(where: { $0.name == name }) {
                if !pair.value.isNull { set(setting, .node(pair.value), origin) }
            } else if table.settings.contains(where: { $0.name.hasPrefix(name + ".") }) {
                switch pair.value.content {
                case .mapping(let inner): descend(inner, prefix: name + ".", file: file)
                case _ where pair.value.isNull: break
                default: add(name, "expected a group of keys, found \(pair.value.kindName)", origin)
                }
            } else {
                add(name, "unknown key" + suggestion(name, table.settings.map(\.name)), origin)
            }
        }
    }

    mutating func read(environment: ProcessEnvironment, readFile: (String) throws -> SecretBytes) {
        var known: [String: any AnySetting] = [:]
        for setting in table.settings { known[table.variable(for: setting)] = setting }
        for (name, value) in environment.all(prefix: table.environmentPrefix) {
            if let setting = known[name] {
                switch value {
                case .text(let text): set(setting, .node(YAMLNode(text: text)), .environment(name))
                case .secret(let secret): set(setting, .secret(secret), .environment(name))
                }
            } else if name.hasSuffix("_FILE"), let setting = known[String(name.dropLast(5))], setting.isSecret,
                case .text(let path) = value
            {
                readSecret(setting, path: path, variable: name, readFile)
            } else if !table.otherVariables.contains(name) {
                add("", "\(name) is not a setting" + suggestion(name, Array(known.keys)), .environment(name))
            }
        }
    }

    private mutating func readSecret(
        _ setting: any AnySetting, path: String, variable: String, _ readFile: (String) throws -> SecretBytes
    ) {
        do {
            set(setting, .secret(try readFile(path).trimmed), .environment(variable))
        } catch {
            add(setting.name, "\(error)", .environment(variable))
        }
    }

    mutating func read(flags: [(name: String, value: String)]) {
        for (name, value) in flags {
            if let setting = table.setting(flag: name) {
                set(setting, .node(YAMLNode(text: value)), .flag("--" + name))
            } else {
                let known = table.settings.map { ConfigurationTable.flag(for: $0.name) }
                add("", "--\(name) is not a setting" + suggestion(name, known, prefix: "--"), .flag("--" + name))
            }
        }
    }

    func finish() throws -> Configuration {
        var complete = entries
        var mistakes = mistakes
        let wrong = Set(mistakes.map(\.key))
        for setting in table.settings where complete[setting.name] == nil && !wrong.contains(setting.name) {
            if let value = setting._default {
                complete[setting.name] = .init(value: value, text: setting.defaultText ?? "", origin: .default)
            } else {
                let meaning = "\(setting.kindName); set \(table.variable(for: setting)) or put it into the file"
                mistakes.append(.init(key: setting.name, "must be set: \(meaning)"))
            }
        }
        let configuration = Configuration(table: table, entries: complete)
        // One wrong key hides no other mistake: only the checks that would read it are left out.
        let unreadable = Set(mistakes.map(\.key))
        for check in table.checks where check.names.isDisjoint(with: unreadable) {
            mistakes += check.find(configuration)
        }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes) }
        return configuration
    }

    private mutating func set(_ setting: any AnySetting, _ source: SettingSource, _ origin: Configuration.Origin) {
        do {
            let read = try setting._read(source)
            // A secret is kept once, as the value that is asked for.
            let text = setting.isSecret && !read.text.isEmpty ? "***" : read.text
            entries[setting.name] = .init(value: read.value, text: text, origin: origin)
        } catch let problem as SettingProblem {
            // What is wrong with a secret is said without saying it.
            let message = setting.isSecret ? "expected \(setting.kindName)" : problem.message
            add(setting.name, message, problem.line.map { origin.moved(toLine: $0) } ?? origin)
        } catch {
            add(setting.name, setting.isSecret ? "expected \(setting.kindName)" : "\(error)", origin)
        }
    }

    private mutating func add(_ key: String, _ message: String, _ origin: Configuration.Origin) {
        mistakes.append(.init(key: key, message, origin: origin))
    }

    private func suggestion(_ typed: String, _ known: [String], prefix: String = "") -> String {
        if let near = NearestWord.find(typed, in: known) { return ". Did you mean \(prefix)\(near)?" }
        // A key under the wrong group, or without its group.
        let last = typed.split(separator: ".").last.map(String.init) ?? typed
        let moved = known.first { $0 == last || $0.hasSuffix("." + last) }
        return moved.map { ". Did you mean \(prefix)\($0)?" } ?? ""
    }
}
