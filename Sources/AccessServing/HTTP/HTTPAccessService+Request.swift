import Cadence
import Encoding
import FlowClient
import FoundationEssentials
import HTTP

extension HTTPAccessService {
    /// A request's parameters by the rules of onflow/flow-go engine/access/rest/http/request and common/parser. Each
    /// refusal is a `Refusal` of status 400 that names what is wrong.
    struct Request: Sendable {
        private let incoming: HTTPServerRequest
        let expanded: Set<String>
        let selected: [String]

        static let maximumIDs = 50

        init(_ incoming: HTTPServerRequest) {
            self.incoming = incoming
            func list(_ name: String) -> [String] {
                incoming.query(name).map { $0.isEmpty ? [] : Self.parts($0[...]) } ?? []
            }
            expanded = Set(list("expand"))
            selected = list("select")
        }

        var body: [UInt8] { incoming.body }
        func expands(_ field: String) -> Bool { expanded.contains(field) }
        func variable(_ name: String) -> String { incoming.parameters[name] ?? "" }
        func query(_ name: String) -> String { incoming.query(name) ?? "" }

        /// `[a,b]`, `a,b` or `a b`.
        private static func list(_ text: String) -> [String] {
            var inner = text[...]
            if inner.hasSuffix("]") { inner.removeLast() }
            if inner.hasPrefix("[") { inner.removeFirst() }
            return inner.contains(",") ? parts(inner) : inner.split(whereSeparator: \.isWhitespace).map(String.init)
        }

        private static func parts(_ text: Substring) -> [String] {
            text.split(separator: "," as Character, omittingEmptySubsequences: false).map(String.init)
        }

        // MARK: Ids

        /// Nil where it is empty.
        static func identifier(_ text: String) throws -> Identifier? {
            guard !text.isEmpty else { return nil }
            guard let id = Identifier(hex: text) else { throw Refusal.bad("invalid ID format") }
            return id
        }

        /// At most 50, each once.
        private static func identifiers(_ texts: [String]) throws -> [Identifier] {
            guard texts.count <= maximumIDs else {
                throw Refusal.bad("at most \(maximumIDs) IDs can be requested at a time")
            }
            var ids: [Identifier] = []
            for text in texts {
                let id = try identifier(text) ?? .zero
                if !ids.contains(id) { ids.append(id) }
            }
            return ids
        }

        func id() throws -> Identifier { try Self.identifier(variable("id")) ?? .zero }
        func ids() throws -> [BlockID] { try Self.identifiers(Self.list(variable("id"))).map(BlockID.init(raw:)) }
        func blockIDs(_ name: String) throws -> [BlockID] {
            try Self.identifiers(Self.list(query(name))).map(BlockID.init(raw:))
        }
        func blockID() throws -> BlockID? { try Self.identifier(query("block_id")).map(BlockID.init(raw:)) }
        func collectionID() throws -> CollectionID? {
            try Self.identifier(query("collection_id")).map(CollectionID.init(raw:))
        }

        // MARK: Heights

        enum Height: Hashable, Sendable {
            case sealed, final
            case number(UInt64)
        }

        /// Nil where it is empty. Go finds the base out: 0x, 0o, 0b, and a leading zero is octal.
        static func height(_ text: String) throws -> Height? {
            switch text {
            case "": return nil
            case "sealed": return .sealed
            case "final": return .final
            default:
                guard let number = number(text) else { throw Refusal.bad("invalid height format") }
                // The last values stand for sealed, final and none.
                // And no chain has more than 63 bits of heights.
                guard number <= UInt64(Int64.max) else { throw Refusal.bad("invalid height value") }
                return .number(number)
            }
        }

        /// strconv.ParseUint(text, 0, 64)
        static func number(_ text: String) -> UInt64? {
            let lowered = text.lowercased()
            func digits(_ rest: Substring, _ radix: Int) -> UInt64? {
                guard let first = rest.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else {
                    return nil
                }
                return UInt64(rest, radix: radix)
            }
            if lowered.hasPrefix("0x") { return digits(lowered.dropFirst(2), 16) }
            if lowered.hasPrefix("0o") { return digits(lowered.dropFirst(2), 8) }
            if lowered.hasPrefix("0b") { return digits(lowered.dropFirst(2), 2) }
            if lowered.hasPrefix("0"), lowered.utf8.count > 1 { return digits(lowered.dropFirst(1), 8) }
            return digits(lowered[...], 10)
        }

        func height(_ name: String) throws -> Height? { try Self.height(query(name)) }

        /// Each once, the empty ones left out.
        func heights(_ name: String) throws -> [Height] {
            var all: [Height] = []
            for text in Self.list(query(name)) {
                if let height = try Self.height(text), !all.contains(height) { all.append(height) }
            }
            return all
        }

        /// The latest sealed state where the request says nothing.
        func state(_ api: any AccessAPI) async throws -> StateReference {
            switch try height("block_height") {
            case nil, .sealed: .latest
            case .final: .height(try await api.blockHeader(.latestFinalized).value.height)
            case .number(let number): .height(BlockHeight(number))
            }
        }

        // MARK: The rest

        func address() throws -> Address { try Self.address(variable("address")) }

        static func address(_ text: String) throws -> Address {
            let digits = text.trimmingPrefix("0x")
            guard digits.utf8.count == 16, let address = Address(digits) else { throw Refusal.bad("invalid address") }
            return address
        }

        func keyIndex() throws -> KeyIndex { KeyIndex(try Self.unsigned(variable("index"), "invalid key index")) }

        /// A number as it stands in a body or a path: decimal, and it fits.
        static func unsigned<Number: FixedWidthInteger & UnsignedInteger>(
            _ text: String, _ what: String, as type: Number.Type = Number.self
        ) throws -> Number {
            if let first = text.utf8.first, first != UInt8(ascii: "+"), let number = Number(text) { return number }
            let isDigits = PlainText.isDigits(text)
            let rule =
                isDigits
                ? "value overflows uint\(Number.bitWidth) range"
                : "value must be an unsigned \(Number.bitWidth) bit integer"
            throw Refusal.bad("\(what): \(rule)")
        }

        func eventType() throws -> String {
            let type = query("type")
            guard !type.isEmpty else { throw Refusal.bad("event type must be provided") }
            guard type.contains(/[A-Z]\.[a-f0-9]{16}\.[\w+]*\.[\w+]*/) || type.contains(/flow\.\w*/) else {
                throw Refusal.bad("invalid event type format")
            }
            return type
        }

        /// encoding/base64's StdEncoding.
        static func base64(_ text: String, refusing refusal: @autoclosure () -> String) throws -> [UInt8] {
            guard let data = Data(base64Encoded: text) else { throw Refusal.bad(refusal()) }
            return Array(data)
        }

        /// Where Go's decoder would say that it stopped.
        static func base64Flaw(_ text: String) -> Int {
            let bytes = Array(text.utf8)
            let flaw = bytes.firstIndex { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: false
                default: true
                }
            }
            return flaw ?? bytes.count
        }
    }
}
