import Cadence
import Encoding
import FlowClient

/// What stands for what on the two chains: ids and uuids, one to one. One is learned where it is first met; from then on
/// nothing else may stand in its place, on either side.
struct Correspondence {
    /// 32 bytes in hex: of blocks, transactions, collections.
    private var ids = OneToOne<String>()
    /// uuids: of tokens, collections, vaults, listings.
    private var numbers = OneToOne<UInt64>()

    /// Below this a number is a count, a serial or a height. A uuid has its partition in the bits above.
    private static let firstPartition: UInt64 = 1 << 40

    /// Fields of values that hold a uuid, however small it is.
    private static let uuidFields: Set<String> = [
        "id", "uuid", "fromUUID", "toUUID", "withdrawnUUID", "depositedUUID", "collectionUUID", "providerUUID", "nftID",
        "nftUUID", "listingResourceID", "storefrontResourceID",
    ]

    /// Whether the two ids stand for one another from now on.
    mutating func same(id theirs: String, _ ours: String) -> Bool { ids.learn(theirs, ours) }

    func ours(id theirs: String) -> String? { ids[theirs] }
    func ours(number theirs: UInt64) -> UInt64? { numbers[theirs] }

    /// A recorded text with its ids and uuids replaced by ours, where they are known.
    func translated(_ text: String, isUUID: (UInt64) -> Bool = { $0 >= firstPartition }) -> String {
        var out = ""
        var word = ""
        func flush() {
            if word.utf8.count == 64, let ours = ids[word] {
                out += ours
            } else if let number = UInt64(word), let ours = numbers[number],
                isUUID(number) || out.hasSuffix("no token ")
            {
                out += String(ours)
            } else {
                out += word
            }
            word = ""
        }
        for character in text {
            if character.isHexDigit {
                word.append(character)
            } else {
                flush()
                out.append(character)
            }
        }
        flush()
        return out
    }

    /// Whether two texts are the same but for ids and uuids.
    mutating func same(text theirs: String, _ ours: String) -> Bool {
        // Shorter than any id.
        if theirs == ours, theirs.utf8.count < 64 { return true }
        let (a, b) = (Self.ids(in: theirs), Self.ids(in: ours))
        guard a.count == b.count else { return false }
        // Also where the texts are the same: then each id stands for itself, or it does not.
        for (a, b) in zip(a, b) where !same(id: a, b) { return false }
        return theirs == ours || translated(theirs) == ours
    }

    private static func ids(in text: String) -> [String] {
        text.split { !$0.isHexDigit }.filter { $0.utf8.count == 64 }.map(String.init)
    }

    /// Where two values differ: the path within them, and both.
    mutating func differences(
        _ theirs: CadenceValue, _ ours: CadenceValue, at path: String = "", field: String = ""
    ) -> [AnswerDifference] {
        switch (theirs, ours) {
        case (.uint64(let a), .uint64(let b)) where Self.uuidFields.contains(field) || a >= Self.firstPartition:
            // The vaults of the chain's own accounts are the same everywhere.
            let isSame = a <= 16 || b <= 16 ? a == b : numbers.learn(a, b)
            if isSame { return [] }
        case (.string(let a), .string(let b)):
            if field == "item", UInt64(a).flatMap({ numbers[$0] }).map(String.init) == b { return [] }
            if same(text: a, b) { return [] }
        case (.optional(let a?), .optional(let b?)):
            return differences(a, b, at: path, field: field)
        case (.array(let a), .array(let b)) where a.elements.count == b.elements.count:
            if let known = sameSet(a.elements, b.elements) {
                if known { return [] }
            } else {
                return zip(a.elements, b.elements).enumerated().flatMap { index, pair in
                    differences(pair.0, pair.1, at: "\(path)[\(index)]", field: field)
                }
            }
        case (.dictionary(let a), .dictionary(let b)) where a.pairs.count == b.pairs.count:
            let matches = a.pairs.map { pair in b.pairs.first { same(key: pair.key, $0.key) } }
            if !matches.contains(where: { $0 == nil }) {
                return zip(a.pairs, matches).flatMap { pair, match in
                    match.map { differences(pair.value, $0.value, at: "\(path){\(pair.key)}", field: field) } ?? []
                }
            }
        case (.composite(let a), .composite(let b))
        where a.typeID == b.typeID && a.kind == b.kind && a.fields.map(\.name) == b.fields.map(\.name):
            return zip(a.fields, b.fields).flatMap { x, y in
                differences(x.value, y.value, at: "\(path).\(x.name)", field: x.name)
            }
        default: if theirs == ours { return [] }
        }
        return [AnswerDifference(path: path, recorded: "\(theirs)", ours: "\(ours)")]
    }

    /// uuids come in the order of storage, which follows from what they are: they are compared as a set. Nil where the
    /// elements are none, or not known yet.
    private func sameSet(_ theirs: [CadenceValue], _ ours: [CadenceValue]) -> Bool? {
        var mapped: Set<UInt64> = []
        var found: Set<UInt64> = []
        for (a, b) in zip(theirs, ours) {
            guard case .uint64(let a) = a, case .uint64(let b) = b, let known = numbers[a] else { return nil }
            mapped.insert(known)
            found.insert(b)
        }
        return mapped == found
    }

    private func same(key theirs: CadenceValue, _ ours: CadenceValue) -> Bool {
        if case .uint64(let a) = theirs, case .uint64(let b) = ours, let known = numbers[a] { return known == b }
        return theirs == ours
    }
}

/// Pairs, no member of which is in two of them.
struct OneToOne<Member: Hashable> {
    private var ours: [Member: Member] = [:]
    private var theirs: [Member: Member] = [:]

    subscript(member: Member) -> Member? { ours[member] }

    /// Whether they are a pair, or can become one.
    mutating func learn(_ a: Member, _ b: Member) -> Bool {
        if let known = ours[a] { return known == b }
        guard theirs[b] == nil else { return false }
        ours[a] = b
        theirs[b] = a
        return true
    }
}
