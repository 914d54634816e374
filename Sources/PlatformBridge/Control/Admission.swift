import Encoding
package import HTTP

/// Who may send a request to the control port at all, decided before its body is read.
///
/// A browser is a deputy: any page that an operator has open can send requests to a port on the operator's machine, and a
/// name that is pointed at that machine afterwards makes them of one origin (DNS rebinding). So what names another origin
/// is refused, a body must be JSON and say so (a page cannot send that elsewhere without being asked first), and without a
/// token the port answers to its own names alone.
package struct Admission: Sendable {
    /// What `control.token` says: where there is none, the port answers to its own names alone.
    package var token: OwnerToken?
    /// Of tenants, beside it.
    package var tokens: TokenDirectory?
    /// Names by which the port is reached beside localhost and addresses: `control.hosts`.
    package var hosts: [String]

    package init(token: OwnerToken?, hosts: [String] = [], tokens: TokenDirectory? = nil) {
        self.token = token
        self.tokens = tokens
        self.hosts = hosts.map { $0.lowercased() }
    }

    /// What is wrong with the request; nil lets it in. Waits for nothing.
    package func refusal(_ head: HTTPRequestHead) -> ProblemDocument? {
        if head.headers.all("Host").count > 1 { return Self.unreadableHost }
        if token == nil, let host = head.headers["Host"], !isOwn(host) { return wrongHost(host) }
        if let problem = foreignOrigin(head) { return problem }
        // Health and metrics are for probes, which have no token; the rest is for whoever has one.
        if head.segments.first == "v1", let problem = unauthorized(head) { return problem }
        if head.hasBody, !Self.isJSON(head.headers["Content-Type"]), !Self.isRecipients(head) { return Self.notJSON }
        return nil
    }

    private func unauthorized(_ head: HTTPRequestHead) -> ProblemDocument? {
        let shown = Self.token(in: head.headers)
        guard let tokens else {
            guard let token else { return nil }
            let isGood = shown.map(token.isEqual) ?? false
            return isGood ? nil : Problems.unauthorized
        }
        switch tokens.admit(shown) {
        case .caller(let caller):
            let scope = Scope.needed(for: head.method, head.segments)
            return caller.may(scope) ? nil : Problems.forbidden(scope)
        case .unknown: return Problems.unauthorized
        case .unread: return Problems.unavailable("the tokens have not been read from the database yet")
        case .tooMany(let wait): return Problems.tooMany(retryAfter: wait)
        }
    }

    /// `Authorization: Bearer …` or `Token …`.
    static func token(in headers: HTTPFields) -> String? {
        let words = (headers["Authorization"] ?? "").split(separator: " ", maxSplits: 1)
        return words.count == 2 && ["bearer", "token"].contains(words[0].lowercased()) ? String(words[1]) : nil
    }

    /// An address has no name that could be pointed elsewhere.
    private func isOwn(_ host: String) -> Bool {
        guard let name = Self.name(ofHost: host) else { return false }
        return name == "localhost" || name.hasSuffix(".localhost") || hosts.contains(name) || Self.isAddress(name)
    }

    /// Without the port, in lower case.
    private static func name(ofHost host: String) -> String? {
        let text = host.lowercased()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return String(text[text.index(after: text.startIndex)..<end])
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts[0].isEmpty else { return nil }
        return String(parts[0].hasSuffix(".") ? parts[0].dropLast() : parts[0])
    }

    private static func isAddress(_ name: String) -> Bool {
        if name.contains(":") { return name.utf8.allSatisfy { Hex.value(of: $0) != nil || $0 == 0x3A || $0 == 0x2E } }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { $0.utf8.count <= 3 && PlainText.isDigits($0) }
    }

    private func foreignOrigin(_ head: HTTPRequestHead) -> ProblemDocument? {
        if let origin = head.headers["Origin"] {
            let sameOrigin = head.headers["Host"].map { host in
                ["http://", "https://"].contains { origin.lowercased() == $0 + host.lowercased() }
            }
            let place = origin.firstRange(of: "://").map { String(origin[$0.upperBound...]) }
            let isListed = place.flatMap(Self.name(ofHost:)).map(hosts.contains) ?? false
            guard sameOrigin == true || isListed else {
                return Self.foreign("Origin is \(PlainText.jsonString(origin))")
            }
        }
        // Sent by browsers alone, and by no page's own wish.
        if head.headers["Sec-Fetch-Site"]?.lowercased() == "cross-site", !isNavigation(head) {
            return Self.foreign("Sec-Fetch-Site is cross-site")
        }
        return nil
    }

    /// A link that was followed: it reads nothing and changes nothing.
    private func isNavigation(_ head: HTTPRequestHead) -> Bool {
        head.method == "GET" && head.headers["Sec-Fetch-Mode"]?.lowercased() == "navigate"
    }

    private static func isJSON(_ type: String?) -> Bool {
        let kind = (type ?? "").prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        return kind == "application/json" || kind == "application/x-ndjson"
            || kind.hasPrefix("application/") && kind.hasSuffix("+json")
    }

    /// A campaign's recipients may come as CSV, which a page can't send elsewhere without being asked either.
    private static func isRecipients(_ head: HTTPRequestHead) -> Bool {
        kind(head) == "text/csv" && isToRecipients(head)
    }

    /// A hundred thousand recipients are read out of a file, a piece at a time.
    package static func spools(_ head: HTTPRequestHead) -> Bool {
        ["text/csv", "application/x-ndjson"].contains(kind(head)) && isToRecipients(head)
    }

    private static func isToRecipients(_ head: HTTPRequestHead) -> Bool {
        head.segments.count == 4 && head.segments[1] == "campaigns" && head.segments[3] == "recipients"
    }

    private static func kind(_ head: HTTPRequestHead) -> String {
        (head.headers["Content-Type"] ?? "").prefix { $0 != ";" }.trimmed().lowercased()
    }

    private static let notJSON = ProblemDocument(
        status: 415, type: Problems.base + "not-json", title: "The body must be JSON",
        detail: "send Content-Type: application/json")

    private static let unreadableHost = ProblemDocument(
        status: 400, type: Problems.base + "wrong-host", title: "Host is given twice")

    private func wrongHost(_ host: String) -> ProblemDocument {
        ProblemDocument(
            status: 421, type: Problems.base + "wrong-host", title: "Not a name of this port",
            detail:
                "without control.token the port answers to localhost, to addresses and to the names in control.hosts; "
                + "\(PlainText.jsonString(host)) is none of them")
    }

    private static func foreign(_ what: String) -> ProblemDocument {
        ProblemDocument(
            status: 403, type: Problems.base + "foreign-origin", title: "A page of another origin may not do this",
            detail: "\(what); pages of the names in control.hosts may")
    }
}
