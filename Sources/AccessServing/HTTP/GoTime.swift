import Encoding
import FlowClient

/// Times as Go prints them in JSON: RFC 3339 in UTC, with as many digits after the second as are not zero.
enum GoTime {
    /// - Parameter inMilliseconds: what is finer is cut off: block headers of the API have no more.
    static func text(_ time: Timestamp, inMilliseconds: Bool = false) -> String {
        let day = floored(time.seconds, 86400)
        let second = time.seconds - day * 86400
        let (year, month, date) = RFC3339.civil(days: day)
        var nanoseconds = Int64(time.nanoseconds)
        if inMilliseconds { nanoseconds -= nanoseconds % 1_000_000 }
        var fraction = nanoseconds == 0 ? "" : "." + pad(nanoseconds, 9)
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let clock = [second / 3600, second / 60 % 60, second % 60].map { pad($0, 2) }.joined(separator: ":")
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(date, 2))T\(clock)\(fraction)Z"
    }

    private static func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
