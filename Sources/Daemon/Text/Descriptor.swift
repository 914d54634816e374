import Glibc

/// Writing to a descriptor that somebody else owns.
package enum Descriptor {
    /// All of it, with as few write(2) as the kernel allows. False where nobody reads any more.
    @discardableResult package static func write(_ text: String, to descriptor: CInt) -> Bool {
        var text = text
        return text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
    }

    @discardableResult package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Bool {
        var at = 0
        while at < bytes.count {
            let written = Glibc.write(descriptor, bytes.baseAddress! + at, bytes.count - at)
            if written > 0 {
                at += written
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
