/// Reads the fields of a message that lies in several runs of bytes, as a transport delivers it, without joining them: a
/// value within one run is lent in place; one that straddles runs is joined by itself, in room that the next such value
/// uses again. Reads what `ProtobufReader` reads in the joined bytes, and refuses what it refuses, at the same offset.
/// Valid as long as the runs are.
public struct SlicedProtobufReader<Runs: Collection>: ProtobufFieldReader
where Runs.Element == UnsafeRawBufferPointer {
    private let runs: Runs
    private let end: Int
    public private(set) var position = 0
    /// The run in which the next byte lies, and where in it; the end of the runs where there is none.
    private var run: Runs.Index
    private var offset = 0
    private var room: [UInt8] = []

    public init(_ runs: Runs) {
        self.runs = runs
        end = runs.reduce(0) { $0 + $1.count }
        run = runs.startIndex
        advance(0)
    }

    public var remaining: Int { end - position }

    /// A number has ten bytes at most: where they straddle runs, no more than these are joined.
    public mutating func varint() throws(ProtobufError) -> UInt64 {
        let start = position
        let (number, count) = try peek(min(10, remaining)) { bytes throws(ProtobufError) in
            var reader = ProtobufReader(bytes)
            do throws(ProtobufError) {
                return (try reader.varint(), reader.position)
            } catch {
                throw error.moved(by: start)
            }
        }
        advance(count)
        return number
    }

    public mutating func pass(over count: Int) throws(ProtobufError) {
        guard remaining >= count else { throw ProtobufError(.truncated, at: position) }
        advance(count)
    }

    public mutating func withBytes<R>(_ count: Int, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        guard remaining >= count else { throw ProtobufError(.truncated, at: position) }
        let result = try peek(count, body)
        advance(count)
        return result
    }

    /// Lends the next bytes, which are there, and stays before them.
    private mutating func peek<R, E: Error>(
        _ count: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        guard count > 0 else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        if runs[run].count - offset >= count { return try body(part(of: run, from: offset, atMost: count)) }
        // Too small a room goes before a larger one comes.
        room.removeAll(keepingCapacity: room.capacity >= count)
        room.reserveCapacity(count)
        var (run, offset) = (run, offset)
        while room.count < count {
            room.append(contentsOf: part(of: run, from: offset, atMost: count - room.count))
            runs.formIndex(after: &run)
            offset = 0
        }
        return try room.span.withUnsafeBytes(body)
    }

    private func part(of run: Runs.Index, from start: Int, atMost count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: runs[run].dropFirst(start).prefix(count))
    }

    private mutating func advance(_ count: Int) {
        position += count
        offset += count
        // Beyond empty runs too.
        while run != runs.endIndex, offset >= runs[run].count {
            offset -= runs[run].count
            runs.formIndex(after: &run)
        }
    }
}
