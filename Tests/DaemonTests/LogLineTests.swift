import Daemon
import Encoding
import Foundation
import Testing

struct LogLineTests {
    let time = Date(timeIntervalSince1970: 1_763_712_930.125)

    func entry(_ message: String, _ metadata: Logger.Metadata = [:], _ level: LogLevel = .info) -> LogEntry {
        var recorded: LogEntry?
        let sink = RecordingLogSink()
        Logger(sink: sink, level: .debug).log(level, message, metadata)
        recorded = sink.all[0]
        recorded!.time = time
        return recorded!
    }

    @Test func `text shows time, level, message and metadata in order`() {
        let line = LogLine.text(entry("block indexed", ["height": "12", "a b": "c\"d"]), coloured: false)
        #expect(line == "08:15:30.125 info    block indexed  \"a b\"=\"c\\\"d\" height=12")
    }

    @Test(arguments: [
        "\n", "\r", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202E}", "\0", "\u{9B}31m", "\u{FEFF}",
    ])
    func `what could forge a line is escaped in both forms`(poison: String) {
        let forged = entry("a\(poison)08:15:30.125 error   forged", ["k\(poison)": "v\(poison)"])
        for line in [LogLine.text(forged, coloured: false), LogLine.json(forged)] {
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) })
            #expect(!line.contains(poison))
        }
    }

    @Test func `JSON is read back whole, and metadata cannot pose as the level`() throws {
        let line = LogLine.json(entry("say \"hi\"\n\\", ["level": "error", "emoji": "🦊", "time": "1"]))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(object["message"] == "say \"hi\"\n\\")
        #expect(object["level"] == "info")
        #expect(object["metadata.level"] == "error")
        #expect(object["emoji"] == "🦊")
        #expect(object["time"] == "2025-11-21T08:15:30.125Z")
        #expect(object.count == 6)
    }

    @Test func `an endless message is cut`() {
        let line = LogLine.json(entry(String(repeating: "x", count: 10_000_000)))
        #expect(line.utf8.count < LogLine.maximumBytes + 200)
    }

    @Test func `colour changes no word`() {
        let plain = LogLine.text(entry("hello", ["a": "1"], .error), coloured: false)
        let coloured = LogLine.text(entry("hello", ["a": "1"], .error), coloured: true)
        #expect(coloured.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") == plain)
        #expect(coloured != plain)
    }

    @Test func `elsewhere than on a terminal each entry is one line of JSON, from many tasks at once`() async throws {
        let pipe = Pipe()
        let sink = StandardErrorLogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let logger = Logger(sink: sink).with(["height": "7"])
        let lines = Task.detached { try pipe.fileHandleForReading.readToEnd() ?? Data() }
        await withTaskGroup { group in
            for number in 0..<200 {
                group.addTask { logger.info("message \(number)\n", ["pad": String(repeating: "y", count: 500)]) }
            }
        }
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try await lines.value, as: UTF8.self)
        let read = text.split(separator: "\n")
        #expect(read.count == 200)
        for line in read { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00.000Z"), (951_782_400.5, "2000-02-29T00:00:00.500Z"),
        (-0.001, "1969-12-31T23:59:59.999Z"), (4_102_444_799.999, "2099-12-31T23:59:59.999Z"),
        (1_709_164_800, "2024-02-29T00:00:00.000Z"),
    ])
    func `times are RFC 3339 in UTC`(seconds: Double, text: String) {
        #expect(RFC3339.format(Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test func `times agree with Foundation over two centuries`() {
        let formatter = ISO8601DateFormatter()
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        for day in stride(from: -36_524, to: 47_482, by: 17) {
            let date = Date(timeIntervalSince1970: Double(day) * 86400 + 3661)
            #expect(RFC3339.format(date).prefix(19) == formatter.string(from: date).prefix(19))
        }
    }
}
