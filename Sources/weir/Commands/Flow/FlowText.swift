import Cadence
import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import HTTP

/// Columns for people.
enum FlowText {
    /// One name and value a line; a value of several lines hangs under its first.
    static func fields(_ rows: [(String, String)]) -> String {
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        let indent = String(repeating: " ", count: width)
        return rows.map { name, value in
            let lines = value.split(separator: "\n", omittingEmptySubsequences: false).map {
                PlainText.oneLine(String($0))
            }
            return pad(name, width) + lines.joined(separator: "\n" + indent)
        }.joined(separator: "\n")
    }

    /// A header and rows, each column as wide as its widest cell; the last one as wide as it comes.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        let rows = [header] + rows.map { $0.map(PlainText.oneLine) }
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { $0 == row.count - 1 ? $1.0 : pad($1.0, $1.1 + 2) }.joined()
        }.joined(separator: "\n")
    }

    /// FLOW, from UFix64 scaled by 1e8.
    static func flow(_ amount: UInt64) -> String { "\(UFix64(rawValue: amount)) FLOW" }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension Timestamp {
    var date: Date { Date(timeIntervalSince1970: Double(seconds) + Double(nanoseconds) / 1e9) }
    /// RFC 3339, UTC, milliseconds.
    var text: String { RFC3339.format(date) }
}

extension Wiring {
    static func isValid(_ address: Address, on chain: ChainID) -> Bool {
        AddressGenerator(chain: chain).map { $0.index(of: address) != nil } ?? true
    }
}

/// What an argument of a command must look like.
enum FlowArgument {
    static let height = SettingKind<BlockHeight>.custom(
        "a height, a whole number", parse: { UInt64($0).map { BlockHeight($0) } }, show: { $0.description })

    static let block = SettingKind<BlockReference>.custom(
        "a height, an id of 64 hex digits, sealed or final",
        parse: { text in
            switch text {
            case "sealed": .latestSealed
            case "final", "finalized": .latestFinalized
            default: BlockID(hex: text).map { .id($0) } ?? UInt64(text).map { .height(BlockHeight($0)) }
            }
        }, show: { "\($0)" })

    static let transaction = SettingKind<TransactionID>.custom(
        "a transaction's id, 64 hex digits",
        parse: { TransactionID(hex: $0.hasPrefix("0x") ? $0.dropFirst(2) : $0[...]) },
        show: { $0.hex })

    static let address = SettingKind<Address>.custom(
        "an address, 1 to 16 hex digits with or without 0x", parse: { Address($0) }, show: { $0.hex })
}

extension Event {
    /// The payload's value, whichever encoding it is in.
    func value() throws -> CadenceValue {
        payload.first == 0xd8 ? try CCF.decode(payload) : try JSONCDC.decode(payload)
    }

    /// `to: 0x01cf0e2f2f715450, id: 7`; what cannot be decoded is told as it came, with the reason.
    var fieldsText: String {
        do {
            let value = try value()
            return value.asComposite?.fieldsText ?? value.description
        } catch {
            return
                "(not decoded: \(PlainText.oneLine("\(error)"))) \(PlainText.oneLine(String(decoding: payload, as: UTF8.self)))"
        }
    }

    /// Canonical JSON-CDC under `value`; what cannot be decoded is under `payload` in hex, with the reason under `problem`.
    var json: JSON {
        var members: [JSON.Member] = [
            .init("type", JSON(type)), .init("transactionID", JSON(transactionID.hex)),
            .init("transactionIndex", JSON(transactionIndex)), .init("eventIndex", JSON(eventIndex)),
        ]
        do {
            members.append(.init("value", try JSON(parsing: JSONCDC.encode(try value()))))
        } catch {
            members.append(.init("payload", JSON(Hex.encode(payload))))
            members.append(.init("problem", JSON("\(error)")))
        }
        return .object(members)
    }
}
