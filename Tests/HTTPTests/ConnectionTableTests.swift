import Glibc
import Testing

@testable import HTTP

/// Connections whose time is over end, whatever their peers go on sending.
@Suite struct ConnectionTableTests {
    @Test func `what goes on sending after its reading was ended is ended altogether`() {
        var pair: [CInt] = [0, 0]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for socket in pair { close(socket) } }
        let table = ConnectionTable()
        table.opened(pair[0], patience: .zero)
        let now = ContinuousClock.now + .seconds(1)
        #expect(table.cutOverdue(at: now) == 1)
        #expect(table.cutOverdue(at: now + .milliseconds(900)) == 0)
        #expect(send(pair[0], "x", 1, CInt(MSG_NOSIGNAL)) == 1, "an answer can still be written")
        #expect(table.cutOverdue(at: now + .milliseconds(1_100)) == 0)
        #expect(send(pair[0], "x", 1, CInt(MSG_NOSIGNAL)) == -1 && errno == EPIPE)
        #expect(table.cutOverdue(at: now + .seconds(60)) == 0)
    }

    @Test func `a request that has become whole in the meantime is waited for no longer`() {
        let table = ConnectionTable()
        table.opened(999, patience: .zero)
        table.wait(for: 999, patience: nil)
        #expect(table.cutOverdue(at: .now + .seconds(60)) == 0)
    }
}
