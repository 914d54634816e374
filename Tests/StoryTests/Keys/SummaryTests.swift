import Cadence
import FlowClient
import Testing

@testable import weir

/// People see all that they sign.
struct SummaryTests {
    private func transaction(_ script: String, _ arguments: [CadenceValue]) -> Transaction {
        Transaction(
            script: Array(script.utf8), arguments: arguments.map { JSONCDC.encode($0) }, referenceBlockID: .zero,
            proposalKey: .init(address: Address(rawValue: 1), keyIndex: 0, sequenceNumber: 7),
            payer: Address(rawValue: 1),
            authorizers: [Address(rawValue: 1)])
    }

    @Test func `every argument stands there whole`() {
        let list = (0..<500).map { CadenceValue.address(Address(rawValue: 0x1000 + $0)) }
        let summary = TransactionSigning.summary(
            transaction("transaction(to: [Address]) {}", [.array(CadenceArray(list))]))
        #expect(summary.contains(Address(rawValue: 0x1000 + 499).description))
        #expect(!summary.contains("…"))
        var unreadable = transaction("transaction {}", [])
        unreadable.arguments = [[UInt8](repeating: 0xAB, count: 100)]
        #expect(TransactionSigning.summary(unreadable).contains(String(repeating: "ab", count: 100)))
    }

    @Test func `of our own program it says whose contracts it calls, of any other the whole text`() throws {
        let source = CadenceSources.transactions["claim_tokens"]!
        let mine = try CadenceImports.resolve(source, addresses: ["NovaPass": Address(rawValue: 0xBAD)])
        let summary = TransactionSigning.summary(transaction(mine.replacing("\n", with: "\r\n"), []))
        #expect(summary.contains("this project's claim_tokens"))
        #expect(summary.contains("import       NovaPass from 0x0000000000000bad"))
        let other = TransactionSigning.summary(transaction(mine + "\n// \u{202E}hidden\nlet drain = 1", []))
        #expect(other.contains("none of this project's"))
        #expect(other.contains("    | let drain = 1") && !other.contains("\u{202E}"))
    }
}
