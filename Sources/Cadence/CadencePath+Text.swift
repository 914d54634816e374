extension CadencePath {
    /// `/public/flowTokenReceiver`. Nil where it is not such a text.
    init?(text: String) {
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty, let domain = Domain(rawValue: String(parts[1])), !parts[2].isEmpty
        else {
            return nil
        }
        self.init(domain, String(parts[2]))
    }
}
