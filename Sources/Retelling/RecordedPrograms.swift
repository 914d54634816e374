package import Devnet

/// Programs of one line that do one thing: what the emulator was recorded with, for its errors and its limits.
package enum RecordedPrograms {
    package static let all: DevnetConfiguration.Programs = { block in
        if let match = block.wholeMatch(of: /panic\("([^"]*)"\)/) {
            let message = String(match.1)
            return TaughtProgram(run: { throw $0.panic(message, at: block) })
        }
        if let match = block.wholeMatch(of: /var i = 0; while i < ([0-9]{1,12}) \{ i = i \+ 1 \}/) {
            let rounds = Double(match.1) ?? 0
            return TaughtProgram(run: { try $0.spend(rounds * round, at: "i = i + 1") })
        }
        if let match = block.wholeMatch(of: /let [a-z]+: Int = ("[^"]*")/) {
            let text = String(match.1)
            return TaughtProgram(check: { throw $0.mismatch(expected: "Int", got: "String", at: text) })
        }
        if let match = block.wholeMatch(
            of:
                /var i = 0; let s: \[String\] = \[\]; while i < ([0-9]{1,9}) \{ s\.append\("([^"]*)"\); i = i \+ 1 \}; a\.storage\.save\(s, to: \/storage\/[a-z]+\)/
        ) {
            let (texts, bytesEach) = (UInt64(match.1) ?? 0, UInt64(match.2.utf8.count))
            return TaughtProgram(run: {
                try $0.spend(Double(texts) * round, at: "i = i + 1")
                $0.store(texts * (bytesEach + 6) + 2844)
            })
        }
        return nil
    }

    /// One statement and one round, 1,569 parts of 65,536 each (the weights of the chain's execution effort).
    private static let round = 2 * 1569.0 / 65_536
}
