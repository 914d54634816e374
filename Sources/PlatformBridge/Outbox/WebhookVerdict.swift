package import HTTP

/// What an attempt to deliver a message comes to. Pure: what the receiver said and how often it was tried, in.
package enum WebhookVerdict: Hashable, Sendable {
    case delivered
    /// Again after so many seconds.
    case again(after: Double, because: String)
    /// Given up, for a person to replay.
    case dead(because: String)
    /// The receiver wants no more of them: the endpoint is switched off.
    case gone

    /// Seconds after the first, second, … failure: three and a half days in all.
    package static let pauses: [Double] = [
        5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ]
    private static let longestRetryAfter: Double = 86_400

    /// - Parameters:
    ///   - answer: status and Retry-After, or what kept it from coming.
    ///   - attempts: with this one.
    ///   - jitter: 0 to 1: receivers that were down are not called by all at once.
    package init(_ answer: Result<(status: Int, retryAfter: String?), HTTPError>, attempts: Int, jitter: Double) {
        let because: String
        var wanted: Double = 0
        switch answer {
        case .success(let (status, retryAfter)):
            if (200..<300).contains(status) {
                self = .delivered
                return
            }
            if status == 410 {
                self = .gone
                return
            }
            because = (300..<400).contains(status) ? "\(status): redirects are not followed" : "\(status)"
            if [429, 502, 503, 504].contains(status), let seconds = retryAfter.flatMap(Double.init), seconds > 0 {
                wanted = min(seconds, Self.longestRetryAfter)
            }
        case .failure(let error): because = error.description
        }
        guard attempts <= Self.pauses.count else {
            self = .dead(because: "given up after \(attempts) attempts: \(because)")
            return
        }
        let pause = Self.pauses[max(0, attempts - 1)] * (0.9 + 0.2 * jitter)
        self = .again(after: max(pause, wanted), because: because)
    }
}
