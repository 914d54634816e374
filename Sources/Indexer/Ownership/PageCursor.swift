import FlowClient
import FoundationEssentials

/// Where a page ended: the height that all pages speak of, and the last key. Written as URL-safe base64, so that nobody
/// is tempted to make one.
struct PageCursor: Hashable {
    var height: BlockHeight
    var key: [String]

    var text: String {
        let plain = ([String(height.rawValue)] + key).joined(separator: "\u{1F}")
        return Data(plain.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    init(height: BlockHeight, key: [String]) {
        self.height = height
        self.key = key
    }

    /// - Parameter numbers: which of the key's parts are token or listing ids.
    /// - Throws: `badRequest` where the text is none of ours.
    init(_ text: String, parts: Int, numbers: [Int] = []) throws {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        while !base64.count.isMultiple(of: 4) { base64 += "=" }
        let plain = Data(base64Encoded: base64).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let fields = plain.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == parts + 1, let height = UInt64(fields[0]), height <= UInt64(Int64.max),
            numbers.allSatisfy({ UInt64(fields[$0 + 1]) != nil })
        else {
            throw IndexerError(.badRequest, "the page cursor is not one that was given out")
        }
        self.height = BlockHeight(height)
        key = Array(fields.dropFirst())
    }
}
