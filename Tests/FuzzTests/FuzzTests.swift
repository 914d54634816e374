import Foundation
import Testing

/// A short run of every fuzz target on mutations that are the same each time. `make fuzz` is the long one, with libFuzzer and
/// its coverage. A target ends the process where it finds something; the input then stands on standard error, and is run
/// alone by `Fuzz TARGET FILE`.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct FuzzTests {
    static let runs = 3_000

    @Test(arguments: targets.keys.sorted())
    func `what was changed at random gives a value or an error, and a value that is written means the same`(
        target name: String
    ) throws {
        let target = try #require(targets[name])
        let all = seeds(for: name) + (RecordedSeeds.all[name] ?? [])
        try #require(!all.isEmpty)
        for seed in all { LastInput.run(name, seed, target) }
        var mutations = Mutations(of: all, number: UInt64(all.count))
        for _ in 0..<Self.runs { LastInput.run(name, mutations.next(), target) }
    }

    @Test func `every decoder has its target, and recorded seeds where there are recordings of it`() {
        let decoders = [
            "rlp", "json-cdc", "ccf", "protobuf", "http-bodies", "websocket-frames", "topic-messages", "event-reader",
        ]
        #expect(decoders.allSatisfy { targets[$0] != nil })
        for name in decoders where name != "websocket-frames" {
            #expect((RecordedSeeds.all[name] ?? []).count > 2, "\(name)")
        }
    }

    /// `Fuzz/seeds` has them written for libFuzzer's corpora.
    @Test func `recorded seeds are files where WEIR_FUZZ_SEEDS says`() throws {
        let wanted = ProcessInfo.processInfo.environment["WEIR_FUZZ_SEEDS"].map { URL(filePath: $0) }
        let folder = wanted ?? FileManager.default.temporaryDirectory.appending(path: "weir-seeds-\(UUID().uuidString)")
        defer { if wanted == nil { try? FileManager.default.removeItem(at: folder) } }
        for (name, recorded) in RecordedSeeds.all {
            let corpus = folder.appending(path: name)
            try FileManager.default.createDirectory(at: corpus, withIntermediateDirectories: true)
            for (number, seed) in recorded.enumerated() {
                try Data(seed).write(to: corpus.appending(path: "recorded-\(number)"))
            }
            let first = try Data(contentsOf: corpus.appending(path: "recorded-0"))
            #expect(Array(first) == recorded[0] && targets[name] != nil)
        }
    }
}

/// Tells which input a process ended on.
private enum LastInput {
    // Written before a target runs, and read by the signal handler on the same thread: the suite is serialized.
    nonisolated(unsafe) private static var text = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1 << 16)
    nonisolated(unsafe) private static var length = 0

    static func run(_ name: String, _ bytes: [UInt8], _ target: (UnsafeRawBufferPointer) -> Void) {
        _ = installed
        length = 0
        append("\nfuzz target ")
        append(name)
        append(" ended the process on these bytes, in hexadecimal: ")
        let digits = Array("0123456789abcdef".utf8)
        for byte in bytes where length + 3 < text.count {
            text[length] = CChar(digits[Int(byte >> 4)])
            text[length + 1] = CChar(digits[Int(byte & 15)])
            length += 2
        }
        append("\n")
        bytes.withUnsafeBytes(target)
        length = 0
    }

    private static func append(_ words: String) {
        for byte in words.utf8 where length < text.count {
            text[length] = CChar(bitPattern: byte)
            length += 1
        }
    }

    private static let installed: Void = {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
            signal(number) { number in
                _ = write(2, LastInput.text.baseAddress, LastInput.length)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }()
}
