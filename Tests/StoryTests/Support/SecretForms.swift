import Foundation

/// The ways in which bytes that nobody may see could be written, by accident or by a library: a search for all of them.
struct SecretForms {
    private struct Form {
        var name: String
        var bytes: [UInt8]
        /// Compared without regard to white space, as in PEM and in lists.
        var isText: Bool
    }

    private var forms: [Form] = []

    /// A key: its bytes, and as a number. A piece of half the length counts as a find.
    init(key: [UInt8], called name: String = "the key") {
        precondition(key.count >= 32)
        let halves = [Array(key.prefix(key.count / 2)), Array(key.suffix(key.count / 2))]
        for half in halves {
            add("\(name), raw", half)
            add("\(name), reversed", half.reversed())
            add("\(name), hex", text: half.hex)
            add("\(name), hex of each byte", text: half.map { "0x" + [$0].hex }.joined(separator: ","))
            add(
                "\(name), hex of each byte in capitals",
                text: half.map { "0x" + [$0].hex.uppercased() }.joined(separator: ","))
            add("\(name), hex with colons", text: half.map { [$0].hex }.joined(separator: ":"))
            add("\(name), hex, reversed", text: half.reversed().hex)
            add("\(name), numbers", text: half.map { "\($0)" }.joined(separator: ","))
            // White space is left out of both sides.
            add("\(name), numbers with blanks", text: half.map { "\($0)" }.joined())
            add("\(name), signed numbers", text: half.map { "\(Int8(bitPattern: $0))" }.joined(separator: ","))
            add(
                "\(name), octal",
                text: half.map {
                    "\\" + String(repeating: "0", count: 3 - String($0, radix: 8).count) + String($0, radix: 8)
                }.joined())
            add("\(name), percent", text: half.map { "%" + [$0].hex.uppercased() }.joined())
        }
        add("\(name), HEX", text: halves[0].hex.uppercased())
        add("\(name), HEX, end", text: halves[1].hex.uppercased())
        add("\(name), decimal", text: String(Self.decimal(key).prefix(36)))
        add("\(name), decimal, end", text: String(Self.decimal(key).suffix(36)))
        addBase64("\(name), base64", key)
        addBase64("\(name), base64 of its hex", Array(key.hex.utf8))
        addBase64("\(name), base64 of its HEX", Array(key.hex.uppercased().utf8))
    }

    /// A word, such as a passphrase.
    init(word: String, called name: String = "the word") {
        add(name, Array(word.utf8))
        add("\(name), hex", text: Array(word.utf8).hex)
        add("\(name), HEX", text: Array(word.utf8).hex.uppercased())
        add("\(name), without blanks", text: word)
        addBase64("\(name), base64", Array(word.utf8))
    }

    /// Which form the bytes hold; nil where none.
    func find(in bytes: [UInt8]) -> String? {
        let dense = bytes.filter { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
        let (raw, text) = (Data(bytes), Data(dense))
        return forms.first { ($0.isText ? text : raw).range(of: Data($0.bytes)) != nil }?.name
    }

    func find(in text: String) -> String? { find(in: Array(text.utf8)) }

    /// Each form as it would stand in a text: for showing that the search finds.
    var samples: [(name: String, bytes: [UInt8])] {
        forms.map { ($0.name, Array("before ".utf8) + $0.bytes + Array(" behind".utf8)) }
    }

    private mutating func add(_ name: String, _ bytes: [UInt8]) {
        forms.append(Form(name: name, bytes: bytes, isText: false))
    }

    private mutating func add(_ name: String, text: String) {
        forms.append(Form(name: name, bytes: Array(text.utf8.filter { $0 != 0x20 }), isText: true))
    }

    /// Wherever the bytes begin in what is encoded: three alignments, without the digits that neighbours share.
    private mutating func addBase64(_ name: String, _ bytes: [UInt8]) {
        for shift in 0..<3 {
            let padded = [UInt8](repeating: 0, count: shift) + bytes
            let whole = padded.prefix(padded.count / 3 * 3)
            let text = Data(whole).base64EncodedString()
            let own = String(text.dropFirst(shift == 0 ? 0 : shift + 1).prefix(28))
            add("\(name) at \(shift)", text: own)
            add("\(name) at \(shift), url", text: own.replacing("+", with: "-").replacing("/", with: "_"))
        }
    }

    /// The number that big-endian bytes are.
    private static func decimal(_ bytes: [UInt8]) -> String {
        var digits: [UInt8] = [0]
        for byte in bytes {
            var carry = Int(byte)
            for place in digits.indices {
                let value = Int(digits[place]) * 256 + carry
                digits[place] = UInt8(value % 10)
                carry = value / 10
            }
            while carry > 0 {
                digits.append(UInt8(carry % 10))
                carry /= 10
            }
        }
        return digits.reversed().map { "\($0)" }.joined()
    }
}

extension [UInt8] {
    var hex: String { map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
}
