import Synchronization

/// What one exchange asks of the server.
enum Request: Sendable {
    /// Prepared statements in one round trip, one implicit transaction unless one is open.
    case pipeline([PreparedRequest])
    /// Statements in one text, without parameters.
    case script(String)
    /// COPY … FROM STDIN; the data follow.
    case copyIn(String)
    /// COPY … TO STDOUT; the data are gathered.
    case copyOut(String)
}

struct PreparedRequest: Sendable {
    var key: StatementCache.Key
    var parameters: EncodedParameters
}

/// What an exchange brought back.
struct Answer: Sendable {
    var rows: [PostgresRows] = []
    var copied: [[UInt8]] = []
    /// Whether the session is inside a transaction block now.
    var transaction = TransactionStatus.idle
}

enum TransactionStatus: Sendable {
    case idle, active, failed
}

/// Lets a cancellation find its exchange, whether it comes before, while or after the exchange is under way.
final class Ticket: Sendable {
    enum Reason: Int { case task = 1, timeout }
    private let value = Atomic<Int>(0)
    /// The first reason stays.
    func cancel(_ reason: Reason) {
        _ = value.compareExchange(expected: 0, desired: reason.rawValue, ordering: .sequentiallyConsistent)
    }
    var reason: Reason? { Reason(rawValue: value.load(ordering: .sequentiallyConsistent)) }
}

/// One request from its first byte to the server's "ready for the next".
struct Exchange: Sendable {
    /// What the server will answer next, in pipeline mode.
    enum Step {
        case prepare(StatementCache.Key)
        case execute(StatementCache.Key)
        case deallocate
        case sync
    }

    let ticket: Ticket
    let request: Request
    /// Whether losing the connection leaves open if the work was committed.
    let commits: Bool
    let complete: @Sendable (Result<Answer, any Error>) -> Void

    var steps: ArraySlice<Step> = []
    var answer = Answer()
    var error: PostgresError?
    /// The server has answered all of it.
    var isAnswered = false
    /// Cancel requests on their way to the server; until they are back the connection takes nothing new, since a late one
    /// would hit the wrong statement.
    var cancelsUnderWay = 0
    var cancelsSent = 0

    init(
        ticket: Ticket, request: Request, commits: Bool,
        complete: @escaping @Sendable (Result<Answer, any Error>) -> Void
    ) {
        self.ticket = ticket
        self.request = request
        self.commits = commits
        self.complete = complete
    }
}
