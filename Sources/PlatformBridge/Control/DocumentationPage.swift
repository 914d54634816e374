import Encoding
import HTTP

/// /docs: every call, its parameters and bodies, from the same description as /openapi.json; one page, nothing from elsewhere.
enum DocumentationPage {
    static let response: HTTPServerResponse = {
        var response = HTTPServerResponse.html(text)
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return response
    }()

    private static let text: String = {
        let document = OpenAPI.document
        let schemas = document["components"]?["schemas"]?.object ?? []
        let byName = Dictionary(schemas.map { ($0.name, $0.value) }) { $1 }
        var groups: [(name: String, calls: [String])] = []
        for path in document["paths"]?.object ?? [] {
            let group = path.name.split(separator: "/").drop { $0 == "v1" }.first.map(String.init) ?? "/"
            for call in path.value.object ?? [] {
                let text = Self.call(path.name, call, byName)
                if groups.last?.name == group {
                    groups[groups.count - 1].calls.append(text)
                } else {
                    groups.append((group, [text]))
                }
            }
        }
        let contents = groups.map { "<a href=\"#\(escaped($0.name))\">\(escaped($0.name))</a>" }.joined(
            separator: " · ")
        let sections = groups.map {
            "<h2 id=\"\(escaped($0.name))\">\(escaped($0.name))</h2>\($0.calls.joined(separator: "\n"))"
        }
        return """
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Weir: calls</title>
            <meta name="viewport" content="width=device-width">
            <style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#222;background:#fff}
            nav{border-bottom:1px solid #ccc;padding-bottom:1rem}h2{margin-top:2.5rem}details{margin:.3rem 0;border-left:3px solid #cde;padding:.1rem .8rem}
            summary{cursor:pointer}b{display:inline-block;width:4.5rem}pre{background:#f5f5f5;padding:.8rem;overflow-x:auto;font-size:14px}
            @media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}pre{background:#262626}a{color:#8cf}}</style>
            <h1>Weir</h1><p>Every call of the control port; <a href="/openapi.json">/openapi.json</a> is the same for programs. Errors are problem
            documents (RFC 9457) whose <code>type</code> names the kind and whose <code>violations</code> name field and rule. Every answer carries
            <code>X-Request-Id</code>, the caller's own where it sent one, and logs name it.</p><nav>\(contents)</nav>
            \(sections.joined(separator: "\n"))</html>
            """
    }()

    private static func call(_ path: String, _ call: JSON.Member, _ schemas: [String: JSON]) -> String {
        let parameters = (call.value["parameters"]?.array ?? []).map { parameter in
            let place = parameter["in"]?.string ?? ""
            let meaning = parameter["description"]?.string.map { ": \(escaped($0))" } ?? ""
            return "<li><code>\(escaped(parameter["name"]?.string ?? ""))</code> (\(escaped(place)))\(meaning)</li>"
        }
        var body = ""
        if let content = call.value["requestBody"]?["content"]?.object?.first,
            let reference = content.value["schema"]?["$ref"]?.string?.split(separator: "/").last,
            let schema = schemas[String(reference)]
        {
            body = "<p>Body, <code>\(escaped(content.name))</code>:</p><pre>\(escaped(pretty(schema, depth: 0)))</pre>"
        }
        let list = parameters.isEmpty ? "" : "<ul>\(parameters.joined())</ul>"
        return
            "<details><summary><b>\(call.name.uppercased())</b> <code>\(escaped(path))</code> \(escaped(call.value["summary"]?.string ?? ""))</summary>\(list)\(body)</details>"
    }

    private static func pretty(_ value: JSON, depth: Int) -> String {
        let indent = String(repeating: "  ", count: depth + 1)
        let end = String(repeating: "  ", count: depth)
        switch value {
        case .object(let members) where !members.isEmpty:
            let lines = members.map {
                "\(indent)\(PlainText.jsonString($0.name)): \(pretty($0.value, depth: depth + 1))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(end)}"
        case .array(let elements) where elements.contains(where: { $0.object != nil }):
            return "[\n\(elements.map { indent + pretty($0, depth: depth + 1) }.joined(separator: ",\n"))\n\(end)]"
        default: return value.text
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
