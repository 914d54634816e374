import Cadence
import FlowClient
import Foundation
import Testing

struct CadenceSourcesTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test(arguments: ["contracts", "transactions", "scripts"])
    func `the embedded sources are those in cadence`(folder: String) throws {
        let embedded =
            switch folder {
            case "contracts": CadenceSources.contracts
            case "transactions": CadenceSources.transactions
            default: CadenceSources.scripts
            }
        var found: [String: String] = [:]
        let place = Self.root.appending(path: "cadence/\(folder)")
        for file in try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)
        where file.pathExtension == "cdc" {
            found[file.deletingPathExtension().lastPathComponent] = try String(contentsOf: file, encoding: .utf8)
        }
        #expect(embedded.keys.sorted() == found.keys.sorted())
        for (name, source) in found {
            #expect(embedded[name] == source, "\(folder)/\(name).cdc: run `make generate`")
        }
    }

    @Test func `flow.json is embedded as it is`() throws {
        let file = try String(contentsOf: Self.root.appending(path: "cadence/flow.json"), encoding: .utf8)
        #expect(CadenceSources.flowJSON == file, "run `make generate`")
    }

    @Test func `every import of ours resolves on the networks where its contracts live`() throws {
        let sources = [CadenceSources.contracts, CadenceSources.transactions, CadenceSources.scripts].flatMap(\.values)
        let ours = ["NovaBrand", "NovaPass", "NovaCollectible"]
        let platform = Address(rawValue: 0x1234)
        for network in ["emulator", "testing", "testnet", "mainnet"] {
            let overrides = Dictionary(uniqueKeysWithValues: ours.map { ($0, platform) })
            for source in sources {
                let resolved = try FlowJSON.project.resolveImports(source, network: network, overrides: overrides)
                #expect(!resolved.contains("import \""))
                #expect(CadenceImports.unresolve(resolved).source == source)
            }
        }
    }

    @Test func `an import without an address names the contract and the network`() {
        let error = #expect(throws: FlowJSONError.self) {
            try FlowJSON.project.resolveImports("import \"NovaPass\"\n", network: "mainnet")
        }
        #expect(error?.code == .unknownContract)
        #expect(error?.description == "contract NovaPass has no address on mainnet")
        let unknown = #expect(throws: FlowJSONError.self) {
            try FlowJSON.project.resolveImports("", network: "nowhere")
        }
        #expect(unknown?.code == .unknownNetwork)
    }

    @Test(arguments: [
        "", "[]", #"{"accounts": {"a": {"address": "xyz"}}}"#,
        #"{"contracts": {"C": {"aliases": {"emulator": "0x"}}}}"#,
    ])
    func `a malformed flow.json is refused`(text: String) {
        let error = #expect(throws: FlowJSONError.self) { try FlowJSON(parsing: Array(text.utf8)) }
        #expect(error?.code == .malformed)
    }
}
