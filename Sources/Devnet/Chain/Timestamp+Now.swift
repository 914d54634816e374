public import FlowClient
import FoundationEssentials
import Glibc

extension Timestamp {
    /// In whole milliseconds, as blocks have it.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec / 1_000_000 * 1_000_000))
    }
}
