import Glibc

/// Unbuffered, so that a row is there as soon as it is known, and whoever reads through a pipe sees it too.
enum Output {
    static func standard(_ text: String) { write(text, to: 1) }
    static func error(_ text: String) { write(text, to: 2) }
    static var errorIsTerminal: Bool { isatty(2) == 1 }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let base = rest.baseAddress, !rest.isEmpty {
                let written = Glibc.write(descriptor, base, rest.count)
                // Nobody reads any more.
                guard written > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            }
        }
    }
}
