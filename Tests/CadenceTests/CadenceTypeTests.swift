import Testing

@testable import Cadence
@testable import FlowClient

struct CadenceTypeTests {
    @Test(arguments: [
        ("String", "String"), ("Address?", "(Address)?"), ("[UInt64]", "[UInt64]"), ("[UInt8; 32]", "[UInt8;32]"),
        ("{String: [UInt64]}", "{String:[UInt64]}"), ("Int??", "((Int)?)?"), ("&Int?", "(&Int)?"),
        ("Capability<&{FungibleToken.Receiver}>", "Capability<&{FungibleToken.Receiver}>"),
        ("Capability", "Capability"),
        ("{B, A}", "{A,B}"), ("auth(Mutate, Insert) &[Int]", "auth(Insert,Mutate)&[Int]"),
        ("auth(A | B) &Int", "auth(A|B)&Int"), ("auth(mapping M) &Int", "auth(M)&Int"),
        ("@NovaPass.NFT", "NovaPass.NFT"),
        ("InclusiveRange<Int>", "InclusiveRange<Int>"), ("fun(Int, String): Bool", "fun(Int,String):Bool"),
        ("view fun()", "view fun():Void"), ("( [ Int ] /* of /* them */ */ )", "[Int]"), ("[Int; 0x10]", "[Int;16]"),
    ]) func `a declared type has the id that Cadence gives it`(_ declaration: String, _ id: String) {
        #expect(CadenceType(declaration: declaration)?.typeID == id)
    }

    @Test(arguments: [
        "", "[", "[Int", "{Int:}", "Int Int", "?", "T{I}", "[Int;]", "[Int;-1]", "auth(A) Int", "1", "\"Int\"",
    ])
    func `what declares no type is none`(_ declaration: String) {
        #expect(CadenceType(declaration: declaration) == nil)
    }

    @Test func `a type nested beyond reason is refused, not followed`() {
        #expect(CadenceType(declaration: String(repeating: "[", count: 100_000)) == nil)
        #expect(CadenceType(declaration: String(repeating: "&", count: 100_000)) == nil)
    }

    @Test(arguments: [
        ("A.1.Foo.Bar", nil), ("A.01.Foo.Bar", "A.0000000000000001.Foo.Bar"), ("A.01", "A.0000000000000001."),
        ("A.01.Foo.Bar.Baz", "A.0000000000000001.Foo.Bar.Baz"), ("A.000000000000000001.Foo", nil), ("A", nil),
        ("S.test.Foo", "S.test.Foo"), ("S.test", "S.test."), ("S", nil), ("I.Crypto.KeyList", "I.Crypto.KeyList"),
        ("flow.AccountCreated", "flow.AccountCreated"), ("flow", "flow."), ("REPL.Foo", "REPL.Foo"), ("Foo", nil),
        ("", nil),
        ("PublicKey", "PublicKey"), ("Account.Keys", "Account.Keys"),
        ("t.0102.Foo", "t.0102" + String(repeating: "0", count: 60) + ".Foo"), ("s.xy.Foo", nil),
    ]) func `a type id is read and written as Cadence does`(_ text: String, _ written: String?) {
        #expect(CadenceTypeIdentifier(text)?.description == written)
    }

    @Test func `the parts of an id have names`() throws {
        let id = try #require(CadenceTypeIdentifier("A.f8d6e0586b0a20c7.NovaPass.NFT.ResourceDestroyed"))
        #expect(id.location == .address(Address("f8d6e0586b0a20c7")!))
        #expect(id.contract == "NovaPass")
        #expect(id.qualifiedIdentifier == "NovaPass.NFT.ResourceDestroyed")
    }
}
