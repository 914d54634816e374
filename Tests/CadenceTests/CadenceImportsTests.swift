import Testing

@testable import Cadence

struct CadenceImportsTests {
    private static let flow = Address(rawValue: 0x0ae5_3cb6_e3f4_2a79)
    private static let fungible = Address(rawValue: 0xee82_856b_f20e_2aa6)
    private static let addresses = ["FlowToken": flow, "FungibleToken": fungible]
    private static let (token, vault) = ("FlowToken from \(flow)", "FungibleToken from \(fungible)")

    @Test(arguments: [
        (
            "import \"FlowToken\"\r\nimport \"FungibleToken\"\r\naccess(all) fun main() {}\r\n",
            "import \(token)\r\nimport \(vault)\r\naccess(all) fun main() {}\r\n"
        ),
        ("// c\r\nimport \"FlowToken\"\r\n", "// c\r\nimport \(token)\r\n"),
        ("import \"FlowToken\"; import \"FungibleToken\"\nx", "import \(token); import \(vault)\nx"),
        (
            "import \"FlowToken\" access(all) fun main(): Int { return 1 }",
            "import \(token) access(all) fun main(): Int { return 1 }"
        ),
        ("/*\nimport \"Nope\"\n*/\nfun main() {}", "/*\nimport \"Nope\"\n*/\nfun main() {}"),
        ("  import   \"FlowToken\"\n", "  import   \(token)\n"),
        ("\timport\n\t\"FlowToken\" // why\n", "\timport\n\t\(token) // why\n"),
        ("import/**/\"FlowToken\"", "import/**/\(token)"),
        ("import FlowToken from \"./contracts/FlowToken.cdc\"\n", "import FlowToken from \(flow)\n"),
        ("import \"../FlowToken.cdc\"\n", "import \(token)\n"),
        ("import Crypto\nimport \"FlowToken\"\n", "import Crypto\nimport \(token)\n"),
        ("import FungibleToken from 0xee82856bf20e2aa6\n", "import FungibleToken from 0xee82856bf20e2aa6\n"),
        (
            "// import \"Nope\"\nfun main() { let s = \"import \\\"Nope\\\"\" }",
            "// import \"Nope\"\nfun main() { let s = \"import \\\"Nope\\\"\" }"
        ),
        ("fun main() { let s = \"\\(\"import\")\" }", "fun main() { let s = \"\\(\"import\")\" }"),
        ("fun main() { important(\"Nope\") }", "fun main() { important(\"Nope\") }"),
        (
            "let x: UInt256 = 115792089237316195423570985008687907853269984665640564039457584007913129639935\nimport \"FlowToken\"",
            "let x: UInt256 = 115792089237316195423570985008687907853269984665640564039457584007913129639935\nimport \(token)"
        ),
        ("", ""), ("import \"FlowToken\"\u{FEFF}\u{0}é", "import \(token)\u{FEFF}\u{0}é"),
    ]) func `imports by name are resolved as Cadence reads them, and no other byte changes`(
        source: String, expected: String
    ) throws {
        #expect(try CadenceImports.resolve(source, addresses: Self.addresses) == expected)
    }

    @Test(arguments: ["import \"Nope\"", "import \"FlowToken\"\nimport \"Nope\"\n", "import Nope from \"./Nope.cdc\""])
    func `a contract without an address is named`(source: String) {
        let error = #expect(throws: CadenceImports.Unresolved.self) {
            try CadenceImports.resolve(source, addresses: Self.addresses)
        }
        #expect(error?.description == "contract Nope has no address")
    }

    @Test func `imports by address become names again, each as it stands`() {
        let source =
            "import A from 0x01\r\nimport B, C from 0x02\nimport D as E from 0x03\nimport /* f */ F from 0x04; import G from 0x05\nfun main() {}\n"
        let (plain, addresses) = CadenceImports.unresolve(source)
        #expect(
            plain
                == "import \"A\"\r\nimport B, C from 0x02\nimport D as E from 0x03\nimport /* f */ \"F\"; import \"G\"\nfun main() {}\n"
        )
        #expect(addresses.mapValues(\.rawValue) == ["A": 1, "B": 2, "C": 2, "D": 3, "F": 4, "G": 5])
    }

    @Test(arguments: ["/* open", "\"open", "import \"FlowToken\"\n/* open"])
    func `source that ends in the middle keeps every byte`(source: String) throws {
        let resolved = try CadenceImports.resolve(source, addresses: Self.addresses)
        #expect(resolved == source.replacing("\"FlowToken\"", with: Self.token))
    }

    @Test func `a program is known however it is laid out`() {
        let source = "import \"A\"\n/// doc\ntransaction(x: Int) {\n    prepare(a: &Account) { f(<-x, y < -1) }\n}\n"
        let same = [
            "import A from 0x07\r\n\r\ntransaction ( x : Int ) {\r\n\tprepare(a: &Account) { f(<-x, y < -1) } }",
            "/* c */ import /* d */ A /* e */ from 0x01 transaction(x:Int){prepare(a:&Account){f(<-x,y < -1)}} // end",
        ]
        for other in same { #expect(CadenceImports.canonical(other) == CadenceImports.canonical(source)) }
        for other in [
            source.replacing("\"A\"", with: "\"B\""), source.replacing("<-x", with: "< -x"),
            source.replacing("Int", with: "UInt"), source + "x",
        ] { #expect(CadenceImports.canonical(other) != CadenceImports.canonical(source)) }
        #expect(CadenceImports.canonical("/* open") == nil)
    }

    @Test func `an import that nobody resolved is found`() {
        #expect(
            CadenceImports.unresolvedName(in: Array("// import \"X\"\nimport Crypto\nimport A from 0x01".utf8)) == nil)
        #expect(CadenceImports.unresolvedName(in: Array("import A from 0x01; import \"X\"".utf8)) == "X")
    }
}

struct ContractOutlineTests {
    private static let old = """
        import FungibleToken from 0x01
        /// let notAField: Int
        access(all) contract C: I, J.K {
            access(all) let name: String
            access(self) var books: {UInt64: [Book?]}
            access(contract) let path: Capability<auth(Withdraw) &{Vault.Provider}>?
            access(all) event Made(id: UInt64)
            access(all) entitlement E
            access(all) enum Kind: UInt8 { access(all) case one access(all) case two }
            access(all) resource Book: Readable {
                access(all) let id: UInt64
                access(all) var title: String
                access(all) fun read(_ x: Int): {Page} { let local: Int = 1; return <-create Page(x) }
                init(id: UInt64) { self.id = id; self.title = "let x: Int" }
            }
            init() { self.name = "C"; self.books = {} }
        }
        """

    private static func refusals(_ change: (String) -> String) throws -> [String] {
        try ContractOutline(of: change(old)).refusals(from: ContractOutline(of: old))
    }

    @Test func `fields, conformances and cases are read, and nothing else`() throws {
        let outline = try ContractOutline(of: Self.old)
        #expect(Set(outline.declarations.keys) == ["C", "C.Kind", "C.Book"])
        #expect(
            outline.declarations["C"]?.fields == [
                "name": "String", "books": "{UInt64:[Book?]}",
                "path": "Capability<auth(Withdraw)&{Vault.Provider}>?",
            ])
        #expect(outline.declarations["C"]?.conformances == ["I", "J.K"])
        #expect(outline.declarations["C.Book"]?.fields == ["id": "UInt64", "title": "String"])
        #expect(outline.declarations["C.Kind"]?.cases == ["one", "two"])
    }

    @Test func `what the chain takes is not spoken against`() throws {
        #expect(try Self.refusals { $0 } == [])
        #expect(
            try Self.refusals { $0.replacing("id: UInt64)\n    access(all) ent", with: "x: Int)\n    access(all) ent") }
                == [])
        #expect(try Self.refusals { $0.replacing("let local: Int = 1;", with: "") } == [])
        #expect(try Self.refusals { $0.replacing("case two", with: "case two access(all) case three") } == [])
        #expect(try Self.refusals { $0.replacing("    access(all) let name: String\n", with: "") } == [])
        #expect(try Self.refusals { $0.replacing("C: I, J.K", with: "C: I, J.K, L") } == [])
    }

    @Test func `what the chain would refuse of an update is said`() throws {
        #expect(
            try Self.refusals { $0.replacing("let name: String", with: "let name: String\n access(all) let more: Int") }
                == ["field more of C is new"])
        #expect(
            try Self.refusals { $0.replacing("var title: String", with: "var title: String?") }
                == ["field title of C.Book is String? and was String"])
        #expect(try Self.refusals { $0.replacing("C: I, J.K", with: "C: I") } == ["C no longer conforms to J.K"])
        #expect(
            try Self.refusals { $0.replacing("access(all) case one", with: "") }
                == ["the cases of C.Kind do not begin with those that it had: one, two"])
        #expect(
            try Self.refusals { $0.replacing("resource Book", with: "struct Book") }
                == ["C.Book is a struct and was a resource"])
        #expect(
            try Self.refusals { $0.replacing("enum Kind", with: "enum Sort") } == ["enum C.Kind is gone"])
        #expect(
            try Self.refusals { $0.replacing("enum Kind", with: "#removedType(Kind)\n enum Sort") } == [])
    }
}

struct OlderFormTests {
    @Test(arguments: [
        (
            #"{"type":"Capability","value":{"path":"/public/someInteger","address":"0x1","borrowType":"Int"}}"#,
            "/public/someInteger"
        ),
        (
            #"{"type":"Capability","value":{"path":"/public/x","address":"0x1654653399040a61","borrowType":"&A.1654653399040a61.FlowToken.Vault{A.f233dcee88fe0abd.FungibleToken.Receiver}"}}"#,
            "/public/x"
        ),
        (
            #"{"type":"Capability","value":{"path":{"type":"Path","value":{"domain":"public","identifier":"y"}},"address":"0x1654653399040a61","borrowType":""}}"#,
            "/public/y"
        ),
    ]) func `a capability with a path is read as its time wrote it`(text: String, path: String) throws {
        guard case .capability(let capability) = try JSONCDC.decode(text, forms: .historic) else {
            Issue.record("no capability")
            return
        }
        #expect(capability.path.map { "/\($0.domain.rawValue)/\($0.identifier)" } == path)
        #expect(throws: CadenceCodingError.self) { try JSONCDC.decode(text) }
    }

    @Test(arguments: ["/public", "/nowhere/x", "public/x", "/public/", ""])
    func `a path that is none is refused`(path: String) {
        let text = #"{"type":"Capability","value":{"path":"\#(path)","address":"0x1","borrowType":"Int"}}"#
        #expect(throws: CadenceCodingError.self) { try JSONCDC.decode(text, forms: .historic) }
    }

    @Test(arguments: ["evm.TransactionExecuted", "flow.evm.BlockExecuted", "evm.BlockExecuted"])
    func `events of the EVM have ids`(id: String) throws {
        #expect(CadenceTypeIdentifier(id)?.description == id)
        let text =
            #"{"type":"Event","value":{"id":"\#(id)","fields":[{"name":"height","value":{"type":"UInt64","value":"1"}}]}}"#
        let event = try JSONCDC.decode(text)
        #expect(event.typeID == id)
        #expect(try CCF.decode(try CCF.encode(event)) == event)
    }
}
