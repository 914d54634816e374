import Encoding
import FlowClient
import FoundationEssentials

/// Where a page ended: the height that all pages speak of, and the last key. Written as URL-safe base64, so that nobody
/// is tempted to make one.
struct PageCursor: Hashable {
    var height: BlockHeight
    /// The question was about the latest height, as it was with the first page: little has changed since.
    var wasLatest: Bool
    var key: [String]

    private struct Written: Codable {
        var h: UInt64
        var l: Bool
        var k: [String]
    }

    var text: String {
        let written = Written(h: height.rawValue, l: wasLatest, k: key)
        // Strings, a number and a flag always encode.
        let json = (try? JSONEncoder().encode(written)) ?? Data()
        return json.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    init(height: BlockHeight, wasLatest: Bool, key: [String]) {
        self.height = height
        self.wasLatest = wasLatest
        self.key = key
    }

    /// - Parameter numbers: which of the key's parts are token or listing ids.
    /// - Throws: `badRequest` where the text is none of ours.
    init(_ text: String, parts: Int, numbers: [Int] = []) throws {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        while !base64.count.isMultiple(of: 4) { base64 += "=" }
        guard let json = Data(base64Encoded: base64), let written = try? JSONDecoder().decode(Written.self, from: json),
            written.k.count == parts, written.h <= UInt64(Int64.max),
            // Postgres's texts have no zero bytes, and neither had the key that was given out.
            !written.k.contains(where: { $0.utf8.contains(0) }),
            numbers.allSatisfy({ UInt64(written.k[$0]) != nil || Int64(written.k[$0]) != nil })
        else {
            throw IndexerError(.badRequest, "the page cursor is not one that was given out")
        }
        (height, wasLatest, key) = (BlockHeight(written.h), written.l, written.k)
    }
}
