import CBareUnary

/// Unary calls by gRPC's C core alone, from one thread of C: what our channel is measured against.
final class BareChannel {
    struct Failed: Error, CustomStringConvertible {
        let description = "a call by the C core alone was not answered"
    }

    private let channel: UnsafeMutablePointer<weir_bare_channel>

    init(target: String, method: String) { channel = weir_bare_open(target, method) }

    deinit { weir_bare_close(channel) }

    /// Calls a second, `atOnce` of them in flight.
    func rate(_ message: [UInt8], atOnce: Int, seconds: Double) throws -> Double {
        let rate = weir_bare_rate(channel, message, message.count, Int32(atOnce), seconds)
        guard rate >= 0 else { throw Failed() }
        return rate
    }
}
