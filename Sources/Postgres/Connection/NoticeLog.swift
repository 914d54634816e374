import CLibPQ
import Daemon

/// Takes the server's notices, which libpq would print to standard error, to the log at debug.
///
/// libpq calls it while the wire is locked and the connection, which owns it, is alive.
final class NoticeLog: Sendable {
    private let logger: Logger

    init(_ logger: Logger, on handle: OpaquePointer) {
        self.logger = logger
        PQsetNoticeReceiver(
            handle,
            { log, result in
                guard let log, let result else { return }
                Unmanaged<NoticeLog>.fromOpaque(log).takeUnretainedValue().write(PostgresError(result: result))
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func write(_ notice: PostgresError) {
        logger.debug(notice.description, ["postgres.severity": notice.severity ?? "NOTICE"])
    }
}
