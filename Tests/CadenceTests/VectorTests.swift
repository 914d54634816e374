import Foundation
import TestSupport
import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

/// Published vectors, where the folder with them stands beside the project.
struct VectorTests {
    private static func lines(_ file: String) throws -> [JSON] {
        guard let folder = SharedFolder.vectors else { return [] }
        let text = try Data(contentsOf: folder.appendingPathComponent(file))
        return try text.split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: Array($0), surrogates: .replaced) }
    }

    private static func json(_ text: String?, forms: JSONCDC.Forms = .current) -> CadenceValue? {
        do { return try JSONCDC.decode(text ?? "", forms: forms) } catch { return nil }
    }

    private static func ccf(_ hex: String?) -> CadenceValue? {
        do { return try CCF.decode(Hex.decode(hex ?? "") ?? []) } catch { return nil }
    }

    private static func text(_ value: CadenceValue) -> String {
        String(decoding: JSONCDC.encode(value), as: UTF8.self) + "\n"
    }

    private static func check(_ value: CadenceValue?, _ vector: JSON, canonical: String) {
        guard let value else {
            Issue.record("refused: \(vector.text.prefix(300))")
            return
        }
        if let expected = vector[canonical]?.string { #expect(text(value) == expected) }
        if let type = vector["typeID"]?.string { #expect(value.typeID == type) }
    }

    @Test func `JSON-CDC as the reference takes it`() throws {
        for vector in try Self.lines("json-cdc.jsonl")
        where vector["decoderOption"] == nil && vector["name"]?.string?.contains("deprecated_path") == false {
            let value = Self.json(vector["input"]?.string)
            if vector["decodeRejects"] != nil {
                #expect(value == nil)
            } else {
                Self.check(value, vector, canonical: "canonical")
            }
        }
        for vector in try Self.lines("events.jsonl")
        where vector["canonical"]?.string != nil && vector["needsBackwardsCompatibility"] == nil
            && vector["referenceRejects"] == nil
        {
            Self.check(Self.json(vector["payload"]?.string), vector, canonical: "canonical")
        }
    }

    @Test func `JSON-CDC from before Cadence 1.0, which is read only where it is asked for`() throws {
        for vector in try Self.lines("json-cdc.jsonl") where vector["decoderOption"] != nil {
            #expect(Self.json(vector["input"]?.string) == nil)
            Self.check(Self.json(vector["input"]?.string, forms: .historic), vector, canonical: "canonical")
        }
        for vector in try Self.lines("events.jsonl") where vector["needsBackwardsCompatibility"] != nil {
            #expect(Self.json(vector["payload"]?.string) == nil)
            Self.check(Self.json(vector["payload"]?.string, forms: .historic), vector, canonical: "canonical")
        }
        for vector in try Self.lines("json-cdc-invalid.jsonl") where vector["decoderOption"] != nil {
            #expect(Self.json(vector["input"]?.string, forms: .historic) == nil)
        }
    }

    @Test func `JSON-CDC as the reference refuses it`() throws {
        for vector in try Self.lines("json-cdc-invalid.jsonl") { #expect(Self.json(vector["input"]?.string) == nil) }
    }

    @Test func `JSON-CDC with mechanical edits`() throws {
        for vector in try Self.lines("json-cdc-mutations.jsonl") {
            let value = Self.json(vector["input"]?.string)
            if vector["expect"]?.string == "reject" {
                #expect(value == nil)
            } else {
                Self.check(value, vector, canonical: "canonical")
            }
        }
    }

    @Test func `CCF as the reference takes it, and writes it again`() throws {
        for vector in try Self.lines("ccf.jsonl") where vector["defaultMode"]?.string == "accept" {
            let value = Self.ccf(vector["hex"]?.string)
            Self.check(value, vector, canonical: "jsonCDC")
            guard let value, vector["jsonCDC"] != nil else { continue }
            if let hex = vector["reencodedDefaultHex"]?.string { #expect(Hex.encode(try CCF.encode(value)) == hex) }
            if let hex = vector["sortedHex"]?.string { #expect(Hex.encode(try CCF.encode(value, sorted: true)) == hex) }
        }
        for vector in try Self.lines("events-ccf.jsonl") {
            let value = try #require(Self.ccf(vector["payloadHex"]?.string))
            #expect(Hex.encode(try CCF.encode(value)) == vector["payloadHex"]?.string)
        }
    }

    @Test func `CCF as the reference refuses it`() throws {
        for vector in try Self.lines("ccf-invalid.jsonl") where vector["defaultMode"]?.string == "reject" {
            #expect(Self.ccf(vector["hex"]?.string) == nil)
        }
    }

    @Test func `CCF with mechanical edits`() throws {
        for vector in try Self.lines("ccf-mutations.jsonl") {
            let value = Self.ccf(vector["hex"]?.string)
            if vector["expect"]?.string == "reject" {
                #expect(value == nil)
            } else {
                Self.check(value, vector, canonical: "jsonCDC")
            }
        }
    }
}
