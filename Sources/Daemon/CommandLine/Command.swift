/// One row of a program's table of commands: what it is called, what it takes, what it does, with examples.
///
///     Command(
///         "replay", summary: "index a recording and print who owned what",
///         arguments: [.required("PREFIX", "the recording's path without .jsonl.gz")],
///         options: [.value("at", "HEIGHT", "a height to answer for", repeats: true)],
///         examples: [.init("weir replay recordings/story --at 120", "owners at block 120")]
///     ) { context in
///         let prefix = context.argument("PREFIX")
///         …
///     }
public struct Command: Sendable {
    /// One word, or several for a command of a group: `flow head`.
    public var name: String
    /// One line, without a full stop.
    public var summary: String
    /// Further paragraphs of the command's own help.
    public var discussion: String
    public var arguments: [Argument]
    public var options: [Option]
    public var examples: [Example]
    /// Whether `--config` and a flag for each setting of the program's table are understood.
    public var usesConfiguration: Bool
    /// The beginnings of the settings that the command's help names, where not all of them matter to it.
    public var shownSettings: [String]
    public var body: @Sendable (CommandContext) async throws -> Void

    public init(
        _ name: String, summary: String, discussion: String = "", arguments: [Argument] = [], options: [Option] = [],
        examples: [Example] = [], usesConfiguration: Bool = false, shownSettings: [String] = [""],
        run body: @escaping @Sendable (CommandContext) async throws -> Void
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.options = options
        self.examples = examples
        self.usesConfiguration = usesConfiguration
        self.shownSettings = shownSettings
        self.body = body
    }

    public struct Argument: Sendable {
        public enum Count: Sendable { case one, atMostOne, any, atLeastOne }
        public var name: String
        public var meaning: String
        public var count: Count

        public static func required(_ name: String, _ meaning: String) -> Self {
            Self(name: name, meaning: meaning, count: .one)
        }
        public static func optional(_ name: String, _ meaning: String) -> Self {
            Self(name: name, meaning: meaning, count: .atMostOne)
        }
        /// All that is left.
        public static func rest(_ name: String, _ meaning: String, atLeastOne: Bool = false) -> Self {
            Self(name: name, meaning: meaning, count: atLeastOne ? .atLeastOne : .any)
        }
    }

    public struct Option: Sendable {
        /// Without dashes.
        public var name: String
        public var short: Character?
        /// What stands for the value in the help; nil for a flag.
        public var value: String?
        public var meaning: String
        public var repeats: Bool

        /// `--json`
        public static func flag(_ name: String, short: Character? = nil, _ meaning: String) -> Self {
            Self(name: name, short: short, value: nil, meaning: meaning, repeats: false)
        }
        /// `--at HEIGHT` or `--at=HEIGHT`
        public static func value(
            _ name: String, short: Character? = nil, _ value: String, _ meaning: String, repeats: Bool = false
        ) -> Self {
            Self(name: name, short: short, value: value, meaning: meaning, repeats: repeats)
        }
    }

    public struct Example: Sendable {
        public var line: String
        public var meaning: String
        public init(_ line: String, _ meaning: String) {
            self.line = line
            self.meaning = meaning
        }
    }
}
