import TestSupport

/// What libFuzzer does to its corpus, without its coverage: bits, bytes and runs changed, cut, doubled and crossed over.
struct Mutations {
    private let seeds: [[UInt8]]
    private var randomness: SplitMix
    /// Bytes that mean something to one decoder or another: ends of ranges, CBOR's and protobuf's lengths, JSON's marks.
    private static let telling: [UInt8] =
        [0, 1, 0x17, 0x18, 0x1b, 0x5f, 0x7f, 0x80, 0x81, 0x9f, 0xb8, 0xbf, 0xc0, 0xd8, 0xf6, 0xf7, 0xff]
        + Array(#"{}[]",:\-0e"#.utf8)

    init(of seeds: [[UInt8]], number: UInt64) {
        self.seeds = seeds
        randomness = SplitMix(state: number)
    }

    mutating func next() -> [UInt8] {
        var bytes = seeds.randomElement(using: &randomness) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &randomness) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &randomness)
        let run = place..<min(bytes.count, place + Int.random(in: 1...16, using: &randomness))
        switch Int.random(in: 0..<8, using: &randomness) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &randomness)
        case 1 where place < bytes.count: bytes[place] = Self.telling.randomElement(using: &randomness)!
        case 2 where place < bytes.count: bytes[place] = .random(in: 0...255, using: &randomness)
        case 3: bytes.insert(Self.telling.randomElement(using: &randomness)!, at: place)
        case 4: bytes.removeSubrange(run)
        case 5: bytes.insert(contentsOf: Array(bytes[run]), at: place)
        case 6: bytes.removeSubrange(place...)
        default:
            let other = seeds.randomElement(using: &randomness) ?? []
            bytes = Array(bytes[..<place]) + other.suffix(Int.random(in: 0...other.count, using: &randomness))
        }
    }
}
