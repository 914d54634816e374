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

    @Test func `it is the same in pieces of any size, and of a feed that ends in trouble nothing is believed`() throws {
        let text = "\u{FEFF}a,b\r\n\"x, \"\"y\"\"\nz\",ü\n\n1,\n"
        let bytes = Array(text.utf8)
        for size in 1...bytes.count {
            var reader = CSV.Reader(
                ByteFeed { offset, count in
                    Array(bytes[min(offset, bytes.count)..<min(offset + min(size, count), bytes.count)])
                })
            var all: [[String]] = []
            while let record = try reader.next() { all.append(record) }
            #expect(all == [["a", "b"], ["x, \"y\"\nz", "ü"], ["1", ""]], "\(size)")
        }
        struct Gone: Error {}
        var broken = CSV.Reader(
            ByteFeed { offset, _ in
                guard offset == 0 else { throw Gone() }
                return Array("a,b\n1,2".utf8)
            })
        #expect(try broken.next() == ["a", "b"])
        #expect(throws: CSV.Malformed.self) { try broken.next() }
    }

    @Test func `a field that would fill the memory is refused`() throws {
        for quote in ["", "\""] {
            var reader = CSV.Reader(
                ByteFeed { _, count in Array(quote.utf8) + [UInt8](repeating: 0x61, count: count - 1) })
            #expect(throws: CSV.Malformed.self) { try reader.next() }
        }
    }

    @Test func `lines come whole, however they are cut`() throws {
        let bytes = Array("one\n\ntwo\nthree".utf8)
        for size in 1...bytes.count {
            var feed = ByteFeed { offset, count in
                Array(bytes[min(offset, bytes.count)..<min(offset + min(size, count), bytes.count)])
            }
            var lines: [String] = []
            while let line = try feed.line(limit: 100) { lines.append(String(decoding: line, as: UTF8.self)) }
            #expect(lines == ["one", "", "two", "three"], "\(size)")
        }
        var cut = ByteFeed(Array("abcdef\n".utf8))
        #expect(try cut.line(limit: 4) == Array("abcd".utf8))
        #expect(try cut.line(limit: 4) == Array("ef".utf8))
        #expect(try cut.line(limit: 4) == nil)
    }
}
