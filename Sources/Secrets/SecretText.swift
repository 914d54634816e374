import Glibc

/// Secrets as people write them: in files, with blanks and line ends around.
extension SecretBytes {
    /// Why a secret's file gives nothing.
    public struct Unreadable: Error, CustomStringConvertible {
        public let description: String
    }

    /// A whole file, at most 64 KiB, of which no copy is left. Throws `Unreadable`.
    public static func reading(path: String) throws(Unreadable) -> SecretBytes {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw Unreadable(description: "\(path) can't be read: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        return try reading(descriptor: file, called: path)
    }

    public static func reading(descriptor: Int32, called name: String) throws(Unreadable) -> SecretBytes {
        var length = 0
        var problem: Int32 = 0
        let buffer = SecretBytes(count: 1 << 16) { out in
            while length < out.count {
                let count = Glibc.read(descriptor, out.baseAddress! + length, out.count - length)
                if count < 0, errno == EINTR { continue }
                if count < 0 { problem = errno }
                guard count > 0 else { break }
                length += count
            }
        }
        guard problem == 0 else {
            throw Unreadable(description: "\(name) can't be read: \(String(cString: strerror(problem)))")
        }
        guard length > 0 else { throw Unreadable(description: "\(name) is empty") }
        guard length < buffer.count else { throw Unreadable(description: "\(name) has more than 64 KiB") }
        return buffer.part(0..<length)
    }

    /// As text, for a header that it goes into: not to be kept.
    package var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

    /// Those bytes of it.
    public func part(_ range: Range<Int>) -> SecretBytes {
        withUnsafeBytes { bytes in
            SecretBytes(count: range.count) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range])) }
        }
    }

    /// Without blanks and line ends around it.
    public var trimmed: SecretBytes {
        part(
            withUnsafeBytes { bytes in
                let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
                let start = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
                let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
                return start..<end
            })
    }

    /// The first line, without blanks around it.
    public var firstLine: SecretBytes {
        part(0..<withUnsafeBytes { $0.firstIndex { $0 == 0x0a || $0 == 0x0d } ?? $0.endIndex }).trimmed
    }
}
