import CCurl

/// An address taken apart by libcurl, which connects to it: two readers could disagree about the host.
package struct WebAddress: Sendable {
    /// In lower case.
    package var scheme: String
    /// As a Host header has it, with the port where one was written; an IPv6 address stands in brackets.
    package var authority: String
    /// The path and the query, beginning with a slash.
    package var target: String
    /// The path alone.
    package var path: String
    package var hasUserInfo: Bool
    package var hasQuery: Bool
    package var hasFragment: Bool

    /// Nil where it is no absolute address with one of the schemes and a host.
    package init?(_ text: String, schemes: [String]) {
        // libcurl would take the first name behind any number of slashes for the host.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let rest = text.firstRange(of: "://")?.upperBound,
            rest < text.endIndex, text[rest] != "/", let handle = curl_url()
        else { return nil }
        defer { curl_url_cleanup(handle) }
        let flags = UInt32(CURLU_NON_SUPPORT_SCHEME)
        guard curl_url_set(handle, CURLUPART_URL, text, flags) == CURLUE_OK else { return nil }
        func part(_ part: CURLUPart) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &value, 0) == CURLUE_OK, let value else { return nil }
            defer { curl_free(value) }
            return String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), schemes.contains(scheme),
            let host = part(CURLUPART_HOST), !host.isEmpty
        else { return nil }
        self.scheme = scheme
        authority = host + (part(CURLUPART_PORT).map { ":" + $0 } ?? "")
        path = part(CURLUPART_PATH) ?? "/"
        let query = part(CURLUPART_QUERY)
        target = path + (query.map { "?" + $0 } ?? "")
        hasQuery = query != nil
        hasFragment = part(CURLUPART_FRAGMENT) != nil
        hasUserInfo = part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil
    }
}
