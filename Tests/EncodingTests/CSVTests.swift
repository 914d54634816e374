import Encoding
import Testing

@Suite struct CSVTests {
    private func records(_ text: String) throws -> [[String]] {
        var reader = CSV.Reader(Array(text.utf8))
        var all: [[String]] = []
        while let record = try reader.next() { all.append(record) }
        return all
    }

    @Test func `fields, quotes, line ends and what spreadsheets put in front`() throws {
        #expect(try records("a,b\r\n1,2\r\n") == [["a", "b"], ["1", "2"]])
        #expect(try records("\u{FEFF}a,b\n\"x, \"\"y\"\"\nz\",\n") == [["a", "b"], ["x, \"y\"\nz", ""]])
        #expect(try records("a\n\n\nb") == [["a"], ["b"]])
        #expect(try records("").isEmpty)
        #expect(try records(",\n") == [["", ""]])
        #expect(try records("ü,😀") == [["ü", "😀"]])
    }

    @Test func `what is malformed is refused, with its line`() {
        for (text, line, rule) in [
            ("a,b\n1,\"2", 2, "not closed"), ("a\nb\"c\n", 2, "quote inside"), ("\"a\"b", 1, "goes on"),
            ("a\n\"x\n\"\n\"y", 4, "not closed"),
        ] {
            #expect(throws: CSV.Malformed.self, "\(text)") { _ = try records(text) }
            do { _ = try records(text) } catch {
                let fault = error as? CSV.Malformed
                #expect(fault?.line == line && fault?.rule.contains(rule) == true, "\(text): \(error)")
            }
        }
        var reader = CSV.Reader([0x61, 0x0A, 0xFF])
        #expect(throws: CSV.Malformed(line: 2, rule: "is not UTF-8")) { while try reader.next() != nil {} }
    }

    @Test func `what is written is read back`() throws {
        let odd = ["", "a", "a,b", "\"", "x\r\ny", "=1+1", " s ", "日本"]
        for a in odd {
            for b in odd {
                // An empty line is no record: one field of nothing can't be told from it.
                #expect(try records(CSV.record([a, b, "end"])) == [[a, b, "end"]])
            }
        }
    }
}
