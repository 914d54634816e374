/// Bytes that are read forward, a piece at a time: out of memory, or a file that is larger than one would keep there. A copy goes on
/// by itself from where it was made.
public struct ByteFeed: Sendable {
    /// From an offset on, at most so many; none at the end.
    private let read: @Sendable (_ offset: Int, _ count: Int) throws -> [UInt8]
    private var piece: [UInt8] = []
    private var place = 0
    private var offset = 0

    private static let atOnce = 64 << 10

    public init(reading read: @escaping @Sendable (_ offset: Int, _ count: Int) throws -> [UInt8]) {
        self.read = read
    }

    public init(_ bytes: [UInt8]) {
        self.init { offset, count in Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)]) }
    }

    /// The next byte, which stays the next; nil at the end. Throws what reading throws.
    public mutating func peek() throws -> UInt8? {
        if place == piece.count {
            piece = try read(offset, Self.atOnce)
            (offset, place) = (offset + piece.count, 0)
            if piece.isEmpty { return nil }
        }
        return piece[place]
    }

    public mutating func next() throws -> UInt8? {
        let byte = try peek()
        if byte != nil { place += 1 }
        return byte
    }

    /// What stands before the next line feed, which is stepped over, or before the end; nil where nothing is left. What is longer than
    /// `limit` is cut there, and goes on with the next.
    public mutating func line(limit: Int) throws -> [UInt8]? {
        guard try peek() != nil else { return nil }
        var line: [UInt8] = []
        while try peek() != nil {
            let rest = piece[place...].prefix(limit - line.count)
            guard let end = rest.firstIndex(of: 0x0A) else {
                line += rest
                place += rest.count
                if line.count == limit { return line }
                continue
            }
            line += rest[..<end]
            place = end + 1
            return line
        }
        return line
    }
}
