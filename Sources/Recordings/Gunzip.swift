import CZlib

/// What a gzip file holds, as far as it goes.
package struct Gunzip {
    /// Everything that could be read.
    package private(set) var bytes: [UInt8] = []
    /// Why it ends where it ends; nil at the file's proper end.
    package private(set) var damage: String?

    /// A file that is not gzip is taken as it is.
    package init(_ file: [UInt8], limit: Int = 4 << 30) {
        guard file.count >= 2, file[0] == 0x1f, file[1] == 0x8b else {
            bytes = file
            return
        }
        var stream = z_stream()
        // 15 bits of window, and 16 for a gzip header: zlib.h, inflateInit2.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            damage = "zlib can't start"
            return
        }
        defer { inflateEnd(&stream) }
        var file = file
        let size = file.count
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        file.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(clamping: input.count)
            while damage == nil {
                let (status, written) = chunk.withUnsafeMutableBufferPointer { output in
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    let status = inflate(&stream, Z_NO_FLUSH)
                    return (status, output.count - Int(stream.avail_out))
                }
                bytes.append(contentsOf: chunk[..<written])
                switch status {
                case Z_STREAM_END:
                    if stream.avail_in == 0 { return }
                    // A gzip file may be several, one behind the other (RFC 1952, 2.2).
                    if inflateReset(&stream) != Z_OK { damage = "zlib can't go on" }
                case Z_OK:
                    if bytes.count > limit { damage = "it unpacks to more than \(limit) bytes" }
                case Z_BUF_ERROR: damage = "it is cut off after \(size) bytes"
                case Z_DATA_ERROR: damage = stream.msg.map { String(cString: $0) } ?? "its checksum is wrong"
                default: damage = "zlib says \(status)"
                }
            }
        }
    }
}
