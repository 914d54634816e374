import Daemon
import PlatformBridge

extension Weir {
    static let auditVerifyCommand = Command(
        "audit verify", summary: "compute the audit's chain again: whether an entry was changed, added or taken out",
        discussion: """
            Each entry holds the digest of the one before. An end that was cut off does not show by itself: compare the number and \
            the digest that this prints with those of an earlier time. Exit status 1 where the chain is broken.
            """,
        examples: [.init("weir audit verify", "the whole chain, from the first entry")],
        usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, _ in
            switch try await AuditLog(pool: pool).verify() {
            case .whole(let entries, let digest):
                context.print("\(entries) entries, whole\(entries == 0 ? "" : "; the last one's digest is \(digest)")")
            case .broken(let id):
                context.printError(
                    "entry \(id) is not what it was when it was written, or does not follow the one before")
                throw ExitCode.failed
            }
        }
    }
}
