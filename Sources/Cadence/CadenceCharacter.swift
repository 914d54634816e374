/// What may be a Character: one grapheme cluster, as Cadence counts them.
enum CadenceCharacter {
    /// Cadence counts by Unicode 15.0 (onflow/cadence:go.mod, rivo/uniseg v0.4.7). Unicode 15.1, which Swift follows, also joins two
    /// consonants of an Indic script around a virama (GB9c): for Cadence these are two.
    static func isOne(_ text: String) -> Bool {
        guard text.count == 1 else { return false }
        if text.utf8.count <= 4 { return true }
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if let previous, extends(previous), isConsonant(scalar) { return false }
            previous = scalar
        }
        return true
    }

    /// What may stand between the two: marks, and the joiners.
    private static func extends(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: scalar == "\u{200C}" || scalar == "\u{200D}"
        }
    }

    /// A letter that begins a cluster. Thai and Lao AM are letters that end one.
    private static func isConsonant(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .otherLetter && scalar != "\u{0E33}" && scalar != "\u{0EB3}"
    }
}
