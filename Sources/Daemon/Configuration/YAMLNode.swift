/// A value of a YAML file, and where it stands.
package struct YAMLNode: Hashable, Sendable {
    package indirect enum Content: Hashable, Sendable {
        /// `quoted` tells "" from nothing, and "null" from null.
        case scalar(String, quoted: Bool)
        case sequence([YAMLNode])
        case mapping([Pair])
    }

    package struct Pair: Hashable, Sendable {
        package var key: String
        package var keyLine: Int
        package var value: YAMLNode
    }

    package var content: Content
    /// From 1. 0 where it comes from no file.
    package var line: Int

    package init(_ content: Content, line: Int = 0) {
        self.content = content
        self.line = line
    }

    package init(text: String) { self.init(.scalar(text, quoted: true)) }

    /// Nothing, `~` or `null`: the key is there, its value is left to the default.
    package var isNull: Bool {
        guard case .scalar(let text, quoted: false) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    package var kindName: String {
        switch content {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a group of keys"
        }
    }
}

/// What is wrong with a YAML text, and on which line.
package struct YAMLError: Error, Hashable, CustomStringConvertible {
    package var line: Int
    package var message: String
    package var description: String { "line \(line): \(message)" }
}
