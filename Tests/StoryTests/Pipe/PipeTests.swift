import Testing

@testable import Encoding
@testable import weir

struct PipeTests {
    private struct Broken: Error {}

    private static func run(_ name: String, _ input: String, chunk: Int = 3) -> (
        status: Int32, out: String, complaint: String
    ) {
        let runner = PipeRunner(
            PipeOperations.cadence + [
                PipeOperation("echo") { $0 },
                PipeOperation("fail") { _ in throw PipeError("wrong, here") },
            ])
        var rest = Array(input.utf8)[...]
        var out: [UInt8] = []
        var complaint = ""
        let status = runner.run(
            name,
            read: {
                let next = rest.prefix(chunk)
                rest = rest.dropFirst(chunk)
                return Array(next)
            }, write: { out.append(contentsOf: $0) }, complain: { complaint += $0 })
        return (status, String(decoding: out, as: UTF8.self), complaint)
    }

    @Test(arguments: [1, 3, 1000]) func `each line has its answer, in order, whatever comes between`(_ chunk: Int) {
        let result = Self.run(
            "echo", "1\n\"a\\ud800\"\n{\n\n  \n{\"b\":[true,null,1.50],\"a\":{}}\r\nlast", chunk: chunk)
        #expect(result.status == 0)
        #expect(
            result.out.split(separator: "\n").map(String.init) == [
                #"{"ok":1}"#, "{\"ok\":\"a\u{FFFD}\"}", #"{"error":"no JSON: the text ends too early at byte 1"}"#,
                #"{"ok":{"b":[true,null,1.50],"a":{}}}"#, #"{"error":"no JSON: expected a value at byte 0"}"#,
            ])
    }

    @Test func `an operation's error is its line's answer`() {
        #expect(Self.run("fail", "1\n2\n").out == String(repeating: #"{"error":"wrong, here"}"# + "\n", count: 2))
    }

    @Test func `an unknown operation ends with 2 and the list`() {
        let result = Self.run("nope", "1\n")
        #expect(result.status == 2)
        #expect(result.out.isEmpty)
        #expect(result.complaint.contains("decode-json") && result.complaint.contains("decode-ccf"))
    }

    @Test func `an input that can't be read ends with 2`() {
        #expect(
            PipeRunner([PipeOperation("echo") { $0 }]).run(
                "echo", read: { throw Broken() }, write: { _ in }, complain: { _ in }) == 2)
    }

    @Test func `values are decoded to their type and canonical forms`() {
        #expect(
            Self.run("decode-json", #""{\"type\":\"UInt8\",\"value\":\"07\"}""#).out
                == #"{"ok":{"type":"UInt8","json":"{\"value\":\"7\",\"type\":\"UInt8\"}"}}"# + "\n")
        #expect(
            Self.run("decode-ccf", "\"d88282d8890c07\"").out
                == #"{"ok":{"type":"UInt8","json":"{\"value\":\"7\",\"type\":\"UInt8\"}","ccf":"d88282d8890c07","sorted":"d88282d8890c07"}}"#
                + "\n")
        #expect(Self.run("decode-ccf", "\"d882\"").out.hasPrefix(#"{"error":"CCF: "#))
        #expect(Self.run("decode-ccf", "7").out.hasPrefix(#"{"error":"#))
    }
}
