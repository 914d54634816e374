import Cadence
import FlowClient

/// An event in CCF and in JSON-CDC with blanks for numbers and addresses: what is written a million times is encoded once.
final class EventTemplate: Sendable {
    private enum Blank: Sendable {
        /// The first or the second.
        case number(Int)
        case address
    }

    /// The bytes around the blanks, one behind the other, and how many of them stand before each.
    private struct Form: Sendable {
        var text: [UInt8] = []
        var blanks: [(length: Int, blank: Blank)] = []
        /// With all blanks filled, at most.
        var size: Int
    }

    let type: String
    private let ccf: Form
    private let json: Form

    /// Stands for a number or an address while the template is made: nothing else looks like it.
    static func number(_ slot: Int) -> UInt64 { 0x5ea5_0f7e_11e5_0000 + UInt64(slot) }
    static let address = Address(rawValue: 0x7e11_5ea5_f0e5_0000)

    init(_ name: String, of contract: ContractLocation, _ fields: [EventField]) throws {
        type = contract.typeID(name)
        let event = CadenceComposite(
            .event, type, fields: fields.map { CadenceField($0.name, $0.value) }, fieldTypes: fields.map(\.type))
        let encoded = try CCF.encode(.composite(event))
        // CBOR: an unsigned number in eight bytes, a text of eight bytes (RFC 8949, section 3).
        let blanks = (0..<2).map { (bytes: [0x1b] + Self.bigEndian(Self.number($0)), blank: Blank.number($0)) }
        ccf = Self.form(of: encoded, blanks + [([0x48] + Self.bigEndian(Self.address.rawValue), .address)])
        let text = JSONCDC.encode(try CCF.decode(encoded)) + [0x0a]
        let numbers = (0..<2).map { (bytes: Array(String(Self.number($0)).utf8), blank: Blank.number($0)) }
        json = Self.form(of: text, numbers + [(Array(Self.address.hex.utf8), .address)])
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }

    private static func form(of bytes: [UInt8], _ blanks: [(bytes: [UInt8], blank: Blank)]) -> Form {
        var found: [(range: Range<Int>, blank: Blank)] = []
        for blank in blanks {
            var from = 0
            while let next = bytes[from...].firstRange(of: blank.bytes) {
                found.append((next, blank.blank))
                from = next.upperBound
            }
        }
        found.sort { $0.range.lowerBound < $1.range.lowerBound }
        var form = Form(size: bytes.count + 2 * found.count)
        var at = 0
        for (range, blank) in found {
            form.text += bytes[at..<range.lowerBound]
            form.blanks.append((range.lowerBound - at, blank))
            at = range.upperBound
        }
        form.text += bytes[at...]
        return form
    }

    /// The event's bytes: in CCF the shortest form of each number, as it wants it.
    func fill(
        _ first: UInt64, _ second: UInt64 = 0, _ address: Address = Address(rawValue: 0), encoding: EventEncoding
    ) -> [UInt8] {
        encoding == .ccf
            ? Self.fill(ccf) { blank, buffer, count in
                switch blank {
                case .number(let slot): Self.write(slot == 0 ? first : second, to: &buffer, &count)
                case .address:
                    buffer[count] = 0x48
                    count += 1
                    Self.write(address.rawValue, bytes: 8, to: &buffer, &count)
                }
            }
            : Self.fill(json) { blank, buffer, count in
                switch blank {
                case .number(let slot): Self.write(decimal: slot == 0 ? first : second, to: &buffer, &count)
                case .address: Self.write(hex: address.rawValue, to: &buffer, &count)
                }
            }
    }

    @inline(__always)
    private static func fill(
        _ form: Form, _ write: (Blank, inout UnsafeMutableBufferPointer<UInt8>, inout Int) -> Void
    ) -> [UInt8] {
        form.text.withUnsafeBufferPointer { text in
            form.blanks.withUnsafeBufferPointer { blanks in
                [UInt8](unsafeUninitializedCapacity: form.size) { buffer, count in
                    var at = 0
                    for (length, blank) in blanks {
                        Self.copy(text, at, length, to: &buffer, &count)
                        at += length
                        write(blank, &buffer, &count)
                    }
                    Self.copy(text, at, text.count - at, to: &buffer, &count)
                }
            }
        }
    }

    @inline(__always)
    private static func copy(
        _ text: UnsafeBufferPointer<UInt8>, _ at: Int, _ length: Int,
        to buffer: inout UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) {
        guard let from = text.baseAddress, let to = buffer.baseAddress else { return }
        (to + count).update(from: from + at, count: length)
        count += length
    }

    private static func write(
        decimal number: UInt64, to buffer: inout UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) {
        var rest = number
        var digits = 1
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        rest = number
        for at in stride(from: count + digits - 1, through: count, by: -1) {
            buffer[at] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += digits
    }

    private static func write(
        hex number: UInt64, to buffer: inout UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(number >> UInt64(shift) & 15)
            buffer[count] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            count += 1
        }
    }

    private static func write(_ number: UInt64, to buffer: inout UnsafeMutableBufferPointer<UInt8>, _ count: inout Int)
    {
        switch number {
        case ..<24: write(number, bytes: 1, to: &buffer, &count)
        case ...0xff:
            buffer[count] = 0x18
            count += 1
            write(number, bytes: 1, to: &buffer, &count)
        case ...0xffff:
            buffer[count] = 0x19
            count += 1
            write(number, bytes: 2, to: &buffer, &count)
        case ...0xffff_ffff:
            buffer[count] = 0x1a
            count += 1
            write(number, bytes: 4, to: &buffer, &count)
        default:
            buffer[count] = 0x1b
            count += 1
            write(number, bytes: 8, to: &buffer, &count)
        }
    }

    private static func write(
        _ number: UInt64, bytes: Int, to buffer: inout UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) {
        for shift in stride(from: 8 * (bytes - 1), through: 0, by: -8) {
            buffer[count] = UInt8(truncatingIfNeeded: number >> UInt64(shift))
            count += 1
        }
    }
}
