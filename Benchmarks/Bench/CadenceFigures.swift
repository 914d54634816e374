import FlowClient
import Glibc

/// The Cadence codecs, on a NonFungibleToken.Deposited event as the chain emits it: 513 bytes of JSON-CDC, six fields.
enum CadenceFigures {
    static let all: [Figure] = [
        .rate("cadence.json-cdc.decode") { try decoding(JSONCDC.encode(deposited)) { try JSONCDC.decode($0) } },
        .rate("cadence.ccf.decode") { try decoding(try CCF.encode(deposited)) { try CCF.decode($0) } },
        .rate("cadence.json-cdc.fields") { try projecting(JSONCDC.encode(deposited)) },
        .rate("cadence.ccf.fields") { try projecting(try CCF.encode(deposited)) },
        .rate("cadence.json-cdc.encode") {
            { count in for _ in 0..<count { consume(JSONCDC.encode(deposited)) } }
        },
        .rate("cadence.ccf.encode") {
            { count in for _ in 0..<count { consume(try CCF.encode(deposited)) } }
        },
        Figure("cadence.memory-growth", unit: "bytes over a million events decoded both ways") {
            let json = JSONCDC.encode(deposited)
            let ccf = try CCF.encode(deposited)
            func run(_ count: Int) throws {
                for _ in 0..<count {
                    consume(try JSONCDC.decode(json))
                    consume(try CCF.decode(ccf))
                }
            }
            try run(10_000)
            let before = residentBytes()
            try run(500_000)
            return Double(residentBytes() - before)
        },
    ]

    static let deposited = CadenceValue.composite(
        CadenceComposite(
            .event, "A.1d7e57aa55817448.NonFungibleToken.Deposited",
            fields: [
                CadenceField("type", .string("A.0b2a3299cc857e29.TopShot.NFT")),
                CadenceField("id", .uint64(45_678_901)),
                CadenceField("uuid", .uint64(189_155_342)),
                CadenceField("to", .optional(.address(Address("0x85d4ee4b4ae86ea9")!))),
                CadenceField("collectionUUID", .uint64(257_698_038_784)),
            ],
            fieldTypes: [
                .simple("String"), .simple("UInt64"), .simple("UInt64"), .optional(.simple("Address")),
                .simple("UInt64"),
            ]))

    private static func decoding(
        _ bytes: [UInt8], _ decode: @escaping (UnsafeRawBufferPointer) throws -> CadenceValue
    ) throws -> (Int) throws -> Void {
        _ = try bytes.withUnsafeBytes(decode)
        return { count in
            try bytes.withUnsafeBytes { buffer in
                for _ in 0..<count { consume(try decode(buffer)) }
            }
        }
    }

    /// What an indexer of ownership asks for.
    private static func projecting(_ bytes: [UInt8]) throws -> (Int) throws -> Void {
        let reader = EventReader(
            "A.1d7e57aa55817448.NonFungibleToken.Deposited", fields: ["id", "to", "collectionUUID"])
        return { count in
            var sum: UInt64 = 0
            try bytes.withUnsafeBytes { buffer in
                for _ in 0..<count {
                    let part = try reader.read(buffer) { event in
                        try event.uint64(0) &+ (try event.optionalAddress(1)?.rawValue ?? 0) &+ (try event.uint64(2))
                    }
                    sum &+= part ?? 0
                }
            }
            precondition(sum == UInt64(count) &* (45_678_901 &+ 0x85d4_ee4b_4ae8_6ea9 &+ 257_698_038_784))
        }
    }

    static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var size = 0
        var resident = 0
        return withUnsafeMutablePointer(to: &size) { size in
            withUnsafeMutablePointer(to: &resident) { resident in
                withVaList([size, resident]) { _ = vfscanf(file, "%ld %ld", $0) }
                return resident.pointee * Int(getpagesize())
            }
        }
    }
}
