/// A recurrence rule (RFC 5545, 3.3.10), by the clock on the wall of whatever zone it is used in.
///
/// Where the RFC leaves room, it says what python-dateutil and rrule.js say: a start that the rule does not hit is no
/// occurrence, BYWEEKNO without BYDAY is all seven days, and the first week of a WEEKLY rule begins with its start, as
/// far as BYSETPOS counts. Whatever repeats within a minute is refused.
public struct RecurrenceRule: Hashable, Sendable {
    public enum Frequency: String, CaseIterable, Comparable, Sendable {
        case yearly = "YEARLY"
        case monthly = "MONTHLY"
        case weekly = "WEEKLY"
        case daily = "DAILY"
        case hourly = "HOURLY"
        case minutely = "MINUTELY"

        private var rank: Int { Self.allCases.firstIndex(of: self)! }
        public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
    }

    /// The last moment that may be one.
    public enum Until: Hashable, Sendable {
        case utc(CivilTime)
        /// By the clock of the rule's zone.
        case local(CivilTime)
    }

    public struct WeekdayPlace: Hashable, Sendable {
        /// 0 is Monday.
        public var weekday: Int
        /// The nth of its month or year, from the end where negative; nil: each.
        public var place: Int?
    }

    public var frequency: Frequency
    public var interval = 1
    public var count: Int?
    public var until: Until?
    public var bySecond: Int?
    public var byMinute: [Int] = []
    public var byHour: [Int] = []
    public var byDay: [WeekdayPlace] = []
    public var byMonthDay: [Int] = []
    public var byYearDay: [Int] = []
    public var byWeekNumber: [Int] = []
    public var byMonth: [Int] = []
    public var bySetPosition: [Int] = []
    /// 0 is Monday.
    public var weekStart = 0

    public init(_ frequency: Frequency) { self.frequency = frequency }
}
