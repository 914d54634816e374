import CYAML

/// One YAML document by libyaml's events. What configuration has no use for is refused rather than guessed at: aliases,
/// several documents, a key that is said twice, keys that are not text.
package struct YAMLParser {
    static let maximumDepth = 32

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// Where the latest event begins, from 1.
    private var line = 1

    private init(parser: UnsafeMutablePointer<yaml_parser_t>) { self.parser = parser }

    /// Nil where the text holds nothing.
    package static func parse(_ text: String) throws -> YAMLNode? {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else { preconditionFailure("libyaml has no memory") }
        defer {
            yaml_parser_delete(parser)
            parser.deallocate()
        }
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            var reader = YAMLParser(parser: parser)
            return try reader.document()
        }
    }

    private mutating func document() throws -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try next()
            switch event {
            case .streamStart, .documentStart, .documentEnd: continue
            case .streamEnd: return root
            default:
                if root != nil { throw YAMLError(line: line, message: "only one document is allowed") }
                root = try node(from: event, depth: 0)
            }
        }
    }

    private mutating func node(from event: Event, depth: Int) throws -> YAMLNode {
        guard depth < Self.maximumDepth else { throw YAMLError(line: line, message: "nested too deeply") }
        let start = line
        switch event {
        case .scalar(let text, let quoted): return YAMLNode(.scalar(text, quoted: quoted), line: start)
        case .sequenceStart: return YAMLNode(.sequence(try sequence(depth)), line: start)
        case .mappingStart: return YAMLNode(.mapping(try mapping(depth)), line: start)
        case .alias: throw YAMLError(line: start, message: "aliases (*name) are not supported")
        default: throw YAMLError(line: start, message: "a value is missing")
        }
    }

    private mutating func sequence(_ depth: Int) throws -> [YAMLNode] {
        var out: [YAMLNode] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event { return out }
            out.append(try node(from: event, depth: depth + 1))
        }
    }

    private mutating func mapping(_ depth: Int) throws -> [YAMLNode.Pair] {
        var out: [YAMLNode.Pair] = []
        while true {
            let event = try next()
            if case .mappingEnd = event { return out }
            let keyLine = line
            guard case .scalar(let key, _) = event else {
                throw YAMLError(line: keyLine, message: "a key must be text")
            }
            if let first = out.first(where: { $0.key == key }) {
                throw YAMLError(line: keyLine, message: "\(key) is already set on line \(first.keyLine)")
            }
            out.append(.init(key: key, keyLine: keyLine, value: try node(from: try next(), depth: depth + 1)))
        }
    }

    private enum Event {
        case streamStart, streamEnd, documentStart, documentEnd, sequenceStart, sequenceEnd, mappingStart, mappingEnd
        case scalar(String, quoted: Bool)
        case alias
    }

    private mutating func next() throws -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
            throw YAMLError(line: Int(parser.pointee.problem_mark.line) + 1, message: problem)
        }
        defer { yaml_event_delete(&event) }
        line = Int(event.start_mark.line) + 1
        switch event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_SEQUENCE_START_EVENT: return .sequenceStart
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT: return .mappingStart
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT: return .alias
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return .scalar(String(decoding: bytes, as: UTF8.self), quoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
        default: return .streamEnd
        }
    }
}
