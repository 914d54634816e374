import Encoding
import Foundation
import Recurrence
import TestSupport
import Testing

/// Beside python-dateutil and Python's zoneinfo, over what a seed brings.
@Suite struct PeerTests {
    static let weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

    /// What dateutil itself has open stays out: numbered weekdays beside plain ones, which it crosses, and weeks counted from
    /// the end or 52 and 53, which it looks up in the wrong year at the turn of a year.
    static func rule(_ random: inout SplitMix) -> String {
        func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
        func some(_ range: ClosedRange<Int>, _ most: Int, back: Bool = false) -> String {
            let values = (0..<Int.random(in: 1...most, using: &random)).map { _ in
                let value = Int.random(in: range, using: &random)
                return back && value > 0 && chance(0.3) ? -value : value
            }
            return Set(values).sorted().map(String.init).joined(separator: ",")
        }
        let frequency = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "YEARLY", "MONTHLY"]
            .randomElement(using: &random)!
        var parts = ["FREQ=\(frequency)"]
        if chance(0.4) { parts.append("INTERVAL=\([2, 3, 4, 5, 7, 12].randomElement(using: &random)!)") }
        if chance(0.3) { parts.append("COUNT=\(Int.random(in: 1...9, using: &random))") }
        if chance(0.3) { parts.append("BYMONTH=" + some(1...12, 3)) }
        if chance(0.3), frequency != "WEEKLY" { parts.append("BYMONTHDAY=" + some(1...31, 3, back: true)) }
        if chance(0.15), ["YEARLY", "HOURLY", "MINUTELY"].contains(frequency) {
            parts.append("BYYEARDAY=" + some(1...366, 4, back: true))
        }
        let hasWeeks = chance(0.15) && frequency == "YEARLY"
        if hasWeeks { parts.append("BYWEEKNO=" + some(1...51, 3)) }
        if chance(0.4) {
            let isNumbered = ["YEARLY", "MONTHLY"].contains(frequency) && !hasWeeks && chance(0.5)
            let days = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                (isNumbered ? ["1", "2", "-1", "-2", "3", "5"].randomElement(using: &random)! : "")
                    + weekdays.randomElement(using: &random)!
            }
            parts.append("BYDAY=" + Set(days).sorted().joined(separator: ","))
        }
        if chance(0.2) { parts.append("BYHOUR=" + some(0...23, 3)) }
        if chance(0.2) { parts.append("BYMINUTE=" + some(0...59, 3)) }
        if chance(0.1) { parts.append("BYSECOND=" + some(0...59, 1)) }
        if chance(0.25), parts.contains(where: { $0.hasPrefix("BY") }) {
            parts.append("BYSETPOS=" + some(1...4, 2, back: true))
        }
        if chance(0.3) { parts.append("WKST=" + weekdays.randomElement(using: &random)!) }
        return parts.joined(separator: ";")
    }

    @Test(.enabled(if: Peers.python != nil, "no .build-venv: run scripts/peers"), .timeLimit(.minutes(2)))
    func `thousands of rules recur as python-dateutil says`() async throws {
        var random = SplitMix(state: 33)
        let cases = (0..<2000).map { _ in
            (CivilTime(seconds: Int.random(in: 1_700_000_000...1_790_000_000, using: &random)), Self.rule(&random))
        }
        let program = """
            import sys, signal, itertools
            from datetime import datetime
            from dateutil.rrule import rrulestr
            # By the time that is worked, not by the clock: a busy machine compares as much.
            class Slow(Exception): pass
            def slow(*_): raise Slow()
            signal.signal(signal.SIGPROF, slow)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPROF])
            for line in sys.stdin:
                start, rule = line.split()
                try:
                    signal.setitimer(signal.ITIMER_PROF, 0.03)
                    times = rrulestr(rule, dtstart=datetime.strptime(start, "%Y%m%dT%H%M%S"))
                    soon = itertools.takewhile(lambda t: t.year < 2060, times)
                    answer = ",".join(t.strftime("%Y%m%dT%H%M%S") for t in itertools.islice(soon, 10))
                    signal.setitimer(signal.ITIMER_PROF, 0)
                except Slow: answer = "slow"
                except ValueError as error:
                    signal.setitimer(signal.ITIMER_PROF, 0)
                    answer = "" if "empty" in str(error) else str(error)
                print(answer + ".", flush=True)
            """
        // An empty line would be lost: each answer ends in a full stop.
        let answers = try await Peers.answers(program, lines: cases.map { "\($0) \($1)" })
        var (compared, slow) = (0, 0)
        for ((start, rule), answer) in zip(cases, answers) {
            if answer == "slow." {
                slow += 1
                continue
            }
            let set = try RecurrenceSet("DTSTART:\(start)Z\nRRULE:\(rule)", zone: .utc, start: 0)
            var (ours, moment) = ([String](), -1)
            while ours.count < 10, let next = set.next(after: moment) {
                let time = CivilTime(seconds: next)
                guard time.day.year < 2060 else { break }
                ours.append(time.description)
                moment = next
            }
            #expect(ours.joined(separator: ",") + "." == answer, "\(start) \(rule)")
            compared += 1
        }
        #expect(compared > 1600, "\(slow) were too slow there")
    }

    @Test(.enabled(if: Peers.python != nil, "no .build-venv: run scripts/peers"))
    func `clocks are set as Python's zoneinfo says, in every zone`() async throws {
        var random = SplitMix(state: 5)
        let zones = [
            "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu",
            "Africa/Casablanca",
            "America/Sao_Paulo", "Europe/Dublin", "Asia/Gaza", "America/Godthab", "Antarctica/Troll", "Etc/GMT+5",
            "Africa/Cairo", "Asia/Tehran", "America/St_Johns", "Pacific/Chatham",
        ]
        let cases = (0..<4000).map { _ in
            (zones.randomElement(using: &random)!, Int.random(in: -1_500_000_000...6_000_000_000, using: &random))
        }
        let program = """
            import sys
            from datetime import datetime
            from zoneinfo import ZoneInfo
            for line in sys.stdin:
                name, at = line.split()
                local = datetime.fromtimestamp(int(at), ZoneInfo(name))
                naive = local.replace(tzinfo=None)
                first = naive.replace(tzinfo=ZoneInfo(name), fold=0)
                print(int(local.utcoffset().total_seconds()), int(first.timestamp()))
            """
        let answers = try await Peers.answers(program, lines: cases.map { "\($0) \($1)" })
        let rules = Dictionary(uniqueKeysWithValues: try zones.map { ($0, try TimeZoneRules(named: $0)) })
        for ((name, moment), answer) in zip(cases, answers) {
            let zone = try #require(rules[name])
            let ours = "\(zone.offset(at: moment)) \(zone.moment(of: zone.local(at: moment)))"
            #expect(ours == answer, "\(name) at \(moment)")
        }
    }
}
