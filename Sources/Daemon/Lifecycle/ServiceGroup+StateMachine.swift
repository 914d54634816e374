extension ServiceGroup {
    /// Who runs, who must stop next, and why. Pure: the group feeds it events and carries out what it answers.
    ///
    /// - starting(n): services before n have started, n is starting → running, stopping, ended.
    /// - running: all have started → stopping, ended.
    /// - stopping: the last one that still runs has been asked to stop → ended.
    /// - ended: all have returned, or were cancelled and are awaited.
    struct StateMachine {
        enum Event {
            case started(Int)
            case finished(Int, (any Error)?)
            /// A signal, a call, or the group around this one.
            case shutdownRequested
            case gracePeriodElapsed
            /// Cancelled services had their time to return.
            case patienceElapsed
        }

        enum Action {
            case run(Int)
            case ready
            case stop(Int)
            case startGracePeriod
            case cancelAll
            /// These services do not even return when they are cancelled: the process must end without them.
            case abandon([Int])
            case done((any Error)?)
        }

        private enum Phase { case starting(Int), running, stopping, ended }

        private var phase = Phase.starting(0)
        private var isAlive: [Bool]
        private var wasAsked: [Bool]
        private let stopsGroup: [Bool]
        private var failure: (any Error)?
        private var wasCancelled = false
        private(set) var firstFailed: Int?

        init(stopsGroup: [Bool]) {
            self.stopsGroup = stopsGroup
            isAlive = Array(repeating: false, count: stopsGroup.count)
            wasAsked = isAlive
        }

        var isStopping: Bool {
            switch phase {
            case .stopping, .ended: true
            case .starting, .running: false
            }
        }

        /// Those that have not returned.
        var alive: [Int] { isAlive.indices.filter { isAlive[$0] } }

        mutating func begin() -> [Action] {
            guard !isAlive.isEmpty else { return end() }
            isAlive[0] = true
            return [.run(0)]
        }

        mutating func handle(_ event: Event) -> [Action] {
            switch event {
            case .started(let index): started(index)
            case .finished(let index, let error): finished(index, error)
            case .shutdownRequested: isStopping ? cancel() : stop()
            case .gracePeriodElapsed: isStopping ? cancel() : []
            case .patienceElapsed: alive.isEmpty ? [] : [.abandon(alive)]
            }
        }

        private mutating func started(_ index: Int) -> [Action] {
            guard case .starting(index) = phase else { return [] }
            let next = index + 1
            guard next < isAlive.count else {
                phase = .running
                return [.ready]
            }
            phase = .starting(next)
            isAlive[next] = true
            return [.run(next)]
        }

        private mutating func finished(_ index: Int, _ error: (any Error)?) -> [Action] {
            isAlive[index] = false
            if case .ended = phase { return [] }
            // What a service throws on its way down after a cancellation is that cancellation, whatever it calls it.
            if let error, !wasCancelled, !(wasAsked[index] && error is CancellationError), failure == nil {
                failure = error
                firstFailed = index
            }
            if !isAlive.contains(true), isStopping || !isWaitingToStart { return end() }
            if isStopping { return stopNext() }
            return error != nil || stopsGroup[index] ? stop() : []
        }

        /// A service that ended while starting has not started; the next one waits in vain.
        private var isWaitingToStart: Bool {
            if case .starting(let index) = phase { isAlive[index] } else { false }
        }

        private mutating func stop() -> [Action] {
            phase = .stopping
            guard isAlive.contains(true) else { return end() }
            return [.startGracePeriod] + stopNext()
        }

        /// The last one that is alive; the one before it only when that has returned.
        private mutating func stopNext() -> [Action] {
            guard let last = isAlive.lastIndex(of: true), !wasAsked[last] else { return [] }
            wasAsked[last] = true
            return [.stop(last)]
        }

        private mutating func cancel() -> [Action] {
            guard !wasCancelled else { return [] }
            wasCancelled = true
            return [.cancelAll]
        }

        private mutating func end() -> [Action] {
            phase = .ended
            return [.done(failure)]
        }
    }
}
