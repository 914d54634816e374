import Testing

@testable import FlowClient

@Suite struct TokenBucketTests {
    let budget = RequestBudget(perSecond: 10, burst: 5)

    @Test func `a burst goes at once, the rest at the rate, in the order they came`() {
        var bucket = TokenBucket(budget, at: .zero)
        for _ in 0..<5 { #expect(bucket.reserve(at: .zero) == .zero) }
        for place in 1...20 {
            let wait = bucket.reserve(at: .zero).inSeconds
            #expect(abs(wait - Double(place) / 10) < 1e-9)
        }
    }

    @Test func `over ten seconds of pressing no more go than the budget and its burst`() {
        var bucket = TokenBucket(budget, at: .zero)
        var sent = 0
        var now = Duration.zero
        while now < .seconds(10) {
            now += bucket.reserve(at: now)
            if now < .seconds(10) { sent += 1 }
        }
        #expect((100...106).contains(sent))
    }

    @Test func `what is made at once takes tokens that are there, and puts nobody off who waits`() {
        var bucket = TokenBucket(budget, at: .zero)
        for _ in 0..<100 { bucket.spend(at: .zero) }
        #expect(bucket.reserve(at: .zero) == .milliseconds(100))
        bucket.spend(at: .zero)
        #expect(bucket.reserve(at: .zero) == .milliseconds(200))
    }

    @Test func `a pause fills it up to its burst and no further`() {
        var bucket = TokenBucket(budget, at: .zero)
        for _ in 0..<5 { _ = bucket.reserve(at: .zero) }
        for _ in 0..<5 { #expect(bucket.reserve(at: .seconds(3600)) == .zero) }
        #expect(bucket.reserve(at: .seconds(3600)) > .zero)
    }

    @Test func `too much halves the rate, down to a thirty-second, and answers give it back bit by bit`() {
        var bucket = TokenBucket(budget, at: .zero)
        bucket.tooMuch(at: .zero, retryAfter: nil)
        #expect(bucket.rate == 5)
        for _ in 0..<20 { bucket.tooMuch(at: .zero, retryAfter: nil) }
        #expect(bucket.rate == 10.0 / 32)
        for _ in 0..<10 { bucket.answered() }
        #expect(bucket.rate < 5)
        for _ in 0..<1000 { bucket.answered() }
        #expect(bucket.rate == 10)
    }

    @Test func `a node that names its time is left alone so long`() {
        var bucket = TokenBucket(budget, at: .zero)
        bucket.tooMuch(at: .zero, retryAfter: .seconds(7))
        #expect(bucket.reserve(at: .seconds(1)) == .seconds(6))
        #expect(bucket.delay(at: .seconds(20)) == .zero)
    }

    @Test func `a clock that goes backwards gives no tokens`() {
        var bucket = TokenBucket(budget, at: .seconds(10))
        for _ in 0..<5 { _ = bucket.reserve(at: .seconds(10)) }
        #expect(bucket.reserve(at: .zero) > .zero)
    }

    @Test func `the public limits are the published ones`() {
        let limits = RequestBudgets.publicNodes
        #expect(RequestKind.allCases.map { limits[$0].perSecond } == [50, 5, 30, 100])
    }
}

@Suite struct NodeHealthTests {
    private func expect(
        _ health: inout NodeHealth, failedAt now: Duration, takesDown: Bool, at place: SourceLocation = #_sourceLocation
    ) {
        let down = health.failed(at: now)
        #expect(down == takesDown, sourceLocation: place)
    }

    @Test func `three failures in a row take a node down, an answer in between does not`() {
        var health = NodeHealth()
        expect(&health, failedAt: .zero, takesDown: false)
        expect(&health, failedAt: .zero, takesDown: false)
        health.succeeded(after: .milliseconds(5))
        expect(&health, failedAt: .zero, takesDown: false)
        expect(&health, failedAt: .zero, takesDown: false)
        expect(&health, failedAt: .zero, takesDown: true)
        #expect(!health.isUsable(at: .milliseconds(999)))
        #expect(health.isUsable(at: .seconds(1)))
    }

    @Test func `one call tries a node that was down, and its failure doubles the time`() {
        var health = NodeHealth()
        for _ in 0..<3 { health.failed(at: .zero) }
        var now = Duration.zero
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            #expect(!health.isUsable(at: now + .seconds(expected) - .milliseconds(1)))
            now += .seconds(expected)
            health.began(at: now)
            #expect(health.state == .trial)
            #expect(!health.isUsable(at: now))
            expect(&health, failedAt: now, takesDown: false)
        }
        now += .seconds(60)
        health.began(at: now)
        health.succeeded(after: .milliseconds(1))
        #expect(health.state == .up)
        for _ in 0..<3 { health.failed(at: now) }
        #expect(health.isUsable(at: now + .seconds(1)))
    }

    @Test func `a trial that was given up leaves the node to the next`() {
        var health = NodeHealth()
        for _ in 0..<3 { health.failed(at: .zero) }
        health.began(at: .seconds(1))
        health.withdrew(at: .seconds(1))
        #expect(health.isUsable(at: .seconds(1)))
    }

    @Test func `errors weigh more than a slow answer`() {
        var slow = NodeHealth()
        var failing = NodeHealth()
        for _ in 0..<10 { slow.succeeded(after: .milliseconds(150)) }
        for _ in 0..<10 {
            failing.succeeded(after: .milliseconds(50))
            failing.failed(at: .zero)
        }
        #expect(slow.score < failing.score)
    }
}
