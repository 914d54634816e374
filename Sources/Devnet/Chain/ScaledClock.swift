public import FlowClient

/// The chain's time, which goes so many times as fast as the clock's from a moment on.
public struct ScaledClock: Sendable {
    private let base = Timestamp.now()
    private let start = ContinuousClock.now
    private let speed: Double

    public init(speed: Double) { self.speed = speed }

    public var now: Timestamp {
        guard speed != 1 else { return Timestamp.now() }
        let passed = start.duration(to: .now) * speed
        let milliseconds =
            base.milliseconds + passed.components.seconds * 1000 + passed.components.attoseconds / 1_000_000_000_000_000
        return Timestamp(seconds: milliseconds / 1000, nanoseconds: Int32(milliseconds % 1000) * 1_000_000)
    }
}
