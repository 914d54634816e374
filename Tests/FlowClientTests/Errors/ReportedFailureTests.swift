import Cadence
import Encoding
import Foundation
import HTTP
import Testing

@testable import FlowClient

/// What nodes say, as people met it with other tools.
struct ReportedFailureTests {
    @Test func `a failure without a code is the script's, with the reason that Cadence gave`() {
        let text = "Execution failed:\nerror: invalid move operation for non-resource\n  --> 0dd6294a:15:15\n"
        var result = TransactionResult()
        (result.statusCode, result.errorMessage) = (1, text)
        let failure = TransactionFailure.classify(result)
        #expect(failure?.reason == "invalid move operation for non-resource")
        #expect(failure?.verdict == .permanent && failure?.culprit == .content)
        #expect(TransactionFailure.classify("error: panic: no\n").reason == "panic: no")
        // A node that says nothing at all may know less than another.
        #expect(TransactionFailure.classify("failed").verdict == .otherNode)
    }

    @Test func `a failure that only the status tells is one, by its code`() throws {
        var result = TransactionResult()
        (result.statusCode, result.errorMessage) = (1110, "")
        #expect(TransactionFailure.classify(result)?.code?.number == 1110)
        let body =
            #"{"block_id":"","collection_id":"","execution":"Failure","status":"Sealed","status_code":0,"error_message":"","computation_used":"0","events":[]}"#
        let read = try Array(body.utf8).withUnsafeBytes {
            try HTTPBodies.read($0) { try $0.value(TransactionResult.self) }
        }
        #expect(read.statusCode != 0)
        #expect(TransactionFailure.classify(read) != nil)
        let fine = try Array(body.replacing("Failure", with: "Success").utf8).withUnsafeBytes {
            try HTTPBodies.read($0) { try $0.value(TransactionResult.self) }
        }
        #expect(fine.statusCode == 0)
    }

    @Test(arguments: [
        (
            AccessError.Code.invalidArgument,
            "failed to execute the script on the execution node: failed to create storage snapshot: state not found in ledger for commit e3ee (block faa5): execution state is pruned"
        ),
        (.internal, "failed to execute script: trie with the given rootHash [2c51f2] not found"),
        (
            .outOfRange,
            "data unavailable for block height: the requested height (39290353) is beyond the highest indexed height(57976549)"
        ),
    ]) func `state that a node no longer keeps is asked of another, and nobody is told to correct the script`(
        code: AccessError.Code, message: String
    ) {
        let error = AccessError(code, message)
        #expect(error.verdict == .otherNode)
        #expect(error.reason == "this node no longer keeps the state of that height")
        #expect(error.remedy.contains("archive node") && !error.remedy.contains("correct"))
        #expect(error.culprit == .node)
    }

    @Test func `a height that is really ahead is waited for`() {
        let error = AccessError(
            .outOfRange, "the requested height (57976550) is beyond the highest indexed height(57976549)")
        #expect(error.verdict == .wait)
    }

    @Test func `a stream that begins one block too early is asked for again`() {
        let error = AccessError(
            .invalidArgument,
            "could not get start height from block height: start height 110896543 is higher than highest indexed height 110896542"
        )
        #expect(error.verdict == .wait && error.culprit == .node)
    }

    @Test func `a node that has not got a block's state yet is passed over`() {
        let error = AccessError(
            .outOfRange,
            "failed to get account from the execution node: 3 errors occurred:\n\t* state for block ID 075346f6 not available\n"
        )
        #expect(error.verdict == .otherNode && error.culprit == .node)
    }

    @Test func `an argument's last newline is a byte of it, over HTTP too`() throws {
        func transaction(_ argument: String) -> Transaction {
            Transaction(
                script: Array("transaction(name: String) {}".utf8), arguments: [Array(argument.utf8)],
                referenceBlockID: BlockID(bytes: [UInt8](repeating: 0x11, count: 32))!,
                proposalKey: .init(address: Address(rawValue: 1), keyIndex: 0, sequenceNumber: 7),
                payer: Address(rawValue: 1), authorizers: [Address(rawValue: 1)])
        }
        let (plain, ended) = (
            transaction(#"{"type":"String","value":"weir"}"#), transaction("{\"type\":\"String\",\"value\":\"weir\"}\n")
        )
        #expect(plain.id != ended.id)
        for each in [plain, ended] {
            let posted = try TransactionPost(each).json["arguments"]?.array?.first?.string
            #expect(posted.flatMap { Base64.decode($0) } == each.arguments[0])
        }
    }

    @Test func `a collection's transactions are taken from its links`() throws {
        let id = String(repeating: "ab", count: 32)
        let body =
            #"{"id":"\#(String(repeating: "cc", count: 32))","_expandable":{"transactions":["/v1/transactions/\#(id)"]},"_links":{"_self":"/v1/collections/x"}}"#
        let read = try Array(body.utf8).withUnsafeBytes {
            try HTTPBodies.read($0) { try $0.value(CollectionBody.self) }
        }
        #expect(read.links.map(\.hex) == [id])
    }

    @Test(arguments: ["2aef436ae96cec3", "0x2aef436ae96cec3"])
    func `an address without its first zero is that address, and nodes get all sixteen digits`(text: String) throws {
        let address = try #require(Address(text))
        #expect(address.hex == "02aef436ae96cec3")
        #expect(address.isValid(on: .mainnet))
    }

    @Test(arguments: ["grpc://", "http:///v1", "https://a b", "//x", "mailto:x", "http://", "x"])
    func `an address that names no host is none`(text: String) {
        #expect(WebAddress(text, schemes: ["grpc", "http", "https", "mailto"]) == nil)
    }

    @Test(
        arguments: [
            ("http://user:secret@real.example@evil.example/x", nil), ("http://a.example\\@b.example/", "b.example"),
            ("http://[::1]:8080/v1?x#y", "[::1]:8080"), ("HTTPS://Host.Example", "Host.Example"),
        ] as [(String, String?)]) func `libcurl says which part of an address is the host`(text: String, host: String?)
    {
        #expect(WebAddress(text, schemes: ["http", "https"])?.authority == host)
    }
}

struct FlowJSONTests {
    private static let file = """
        {"networks": {"emulator": "127.0.0.1:3569", "testnet": "access.devnet.nodes.onflow.org:9000"},
         "contracts": {"Bar": "./Bar.cdc", "Foo": {"source": "./Foo.cdc", "aliases": {"testnet": "0x01"}}},
         "dependencies": {"FlowToken": {"source": "mainnet://1654653399040a61.FlowToken", "hash": "00",
            "aliases": {"emulator": "0ae53cb6e3f42a79", "testnet": "7e60df042a9c0868"}}, "Foo": "testnet://02.Foo"},
         "accounts": {"default": {"address": "ec4809cd812aee0a", "key": "00"},
            "testnet-admin": {"address": "$TESTNET_ADDRESS", "key": "$TESTNET_KEY"}, "x": {"address": "${X}", "key": "0"}},
         "deployments": {"emulator": {"default": ["Bar", "Foo"]}, "testnet": {"testnet-admin": ["Bar"]}}}
        """

    private static func read(_ environment: [String: String] = [:]) throws -> FlowJSON {
        try FlowJSON(parsing: Array(file.utf8), environment: environment)
    }

    @Test func `dependencies are contracts, with the network that they were taken from`() throws {
        let file = try Self.read()
        #expect(
            try file.resolveImports("import \"FlowToken\"\nimport \"Foo\"\n", network: "emulator")
                == "import FlowToken from 0x0ae53cb6e3f42a79\nimport Foo from 0xec4809cd812aee0a\n")
        #expect(file.addresses(network: "mainnet")["FlowToken"]?.hex == "1654653399040a61")
        // The project's own comes before a dependency of its name.
        #expect(file.addresses(network: "testnet")["Foo"]?.hex == "0000000000000001")
    }

    @Test func `an address in a variable is missed by who needs it, and by nobody else`() throws {
        let file = try Self.read()
        #expect(
            try file.resolveImports("import \"FlowToken\"", network: "testnet")
                == "import FlowToken from 0x7e60df042a9c0868")
        let error = #expect(throws: FlowJSONError.self) {
            try file.resolveImports("import \"Bar\"", network: "testnet")
        }
        #expect(error?.message.contains("$TESTNET_ADDRESS") == true)
        let set = try Self.read(["TESTNET_ADDRESS": "9a0766d93b6608b7", "X": "01"])
        #expect(try set.resolveImports("import \"Bar\"", network: "testnet") == "import Bar from 0x9a0766d93b6608b7")
        #expect(set.accounts["x"]?.rawValue == 1)
    }

    @Test func `this project's contracts are compared by what they say`() throws {
        var account = Account()
        account.address = try #require(Address("179b6b1cb6755e31"))
        #expect(
            ContractComparison.names.firstIndex(of: "NovaBrand")! < ContractComparison.names.firstIndex(of: "NovaPass")!
        )
        let missing = try ContractComparison.all(of: account, network: "emulator")
        #expect(missing.allSatisfy { $0.state == .missing })
        for contract in missing { account.contracts[contract.name] = Array(("// other\r\n" + contract.code).utf8) }
        #expect(try ContractComparison.all(of: account, network: "emulator").allSatisfy { $0.state == .same })
        // Another's contract behind an import is another program.
        let brand = missing.first { $0.name == "NovaPass" }!.code
        account.contracts["NovaPass"] = Array(
            brand.replacing(
                "import NovaBrand from 0x179b6b1cb6755e31", with: "import NovaBrand from 0x01cf0e2f2f715450"
            ).utf8)
        account.contracts["NovaBrand"] = Array(
            missing.first { $0.name == "NovaBrand" }!.code.replacing(
                "access(self) let", with: "access(self) var extra: Int\n    access(self) let"
            ).utf8)
        let differing = try ContractComparison.all(of: account, network: "emulator").filter { $0.state != .same }
        #expect(differing.map(\.name).sorted() == ["NovaBrand", "NovaPass"])
        #expect(differing.allSatisfy { if case .differs(let line, _, _) = $0.state { line > 0 } else { false } })
    }
}
