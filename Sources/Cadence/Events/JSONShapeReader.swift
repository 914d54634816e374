/// Finds where the fields of an event stand in its text.
struct JSONShapeReader {
    struct Shape {
        /// Nil for an empty optional.
        var content: JSONEventPattern.Hole.Content?
        var kind: JSONValueKind
        var optionals: UInt8
        /// Bytes.
        var start: Int
        var end: Int
    }

    let view: JSONView

    /// Names and value objects of the event's fields; nil where it is of another type.
    func event(type: String) throws(JSONFailure) -> [(name: String, value: Int)]? {
        let (kind, content) = try object(0)
        guard kind == .event else { return nil }
        let id = try string("id", of: content)
        guard let identifier = CadenceTypeIdentifier(view.string(id)) else {
            throw JSONFailure(id, "`\(view.string(id))` is no type id")
        }
        guard identifier.description == type else { return nil }
        let list = try required("fields", of: content)
        guard view[list].kind == .array else { throw JSONFailure(list, "an array was expected") }
        var fields: [(name: String, value: Int)] = []
        var at = list + 1
        while at < Int(view[list].end) {
            fields.append((view.string(try string("name", of: at)), try required("value", of: at)))
            at = view.after(at)
        }
        return fields
    }

    func shape(of index: Int) throws(JSONFailure) -> Shape {
        var (kind, content) = try object(index)
        var objectIndex = index
        var optionals: UInt8 = 0
        while kind == .optional {
            if view[content].kind == .null {
                return Shape(content: nil, kind: kind, optionals: optionals, start: 0, end: 0)
            }
            guard optionals < 32 else { throw JSONFailure(index, "optionals are nested too deep") }
            optionals += 1
            objectIndex = content
            (kind, content) = try object(content)
        }
        switch view[content].kind {
        case .string:
            let text = view.content(content)
            let start = Int(view[content].start)
            return Shape(content: .string, kind: kind, optionals: optionals, start: start, end: start + text.count)
        case .true, .false:
            return Shape(
                content: .bool, kind: kind, optionals: optionals, start: Int(view[content].start),
                end: Int(view[content].end))
        default:
            let start = Int(view[objectIndex].start)
            var end = start
            guard let base = view.bytes.baseAddress else { throw JSONFailure(objectIndex, "there are no bytes") }
            do { _ = try JSONSkip.object(base, &end, view.bytes.count) } catch {
                throw JSONFailure(objectIndex, error.reason.description)
            }
            return Shape(content: .object, kind: kind, optionals: optionals, start: start, end: end)
        }
    }

    private func object(_ index: Int) throws(JSONFailure) -> (JSONValueKind, content: Int) {
        let typeIndex = try string("type", of: index)
        var name = view.string(typeIndex)
        let kind = name.withUTF8 { utf8 in
            utf8.isEmpty ? nil : JSONValueKind(UnsafeRawBufferPointer(utf8), readableBytes: utf8.count)
        }
        guard let kind else { throw JSONFailure(typeIndex, "there is no type `\(name)`") }
        if kind == .void { return (kind, index) }
        return (kind, try required("value", of: index))
    }

    private func required(_ name: StaticString, of index: Int) throws(JSONFailure) -> Int {
        guard view[index].kind == .object else { throw JSONFailure(index, "an object was expected") }
        guard let member = view.member(name, of: index) else { throw JSONFailure(index, "there is no \(name)") }
        return member
    }

    private func string(_ name: StaticString, of index: Int) throws(JSONFailure) -> Int {
        let member = try required(name, of: index)
        guard view[member].kind == .string else { throw JSONFailure(member, "a string was expected") }
        return member
    }
}
