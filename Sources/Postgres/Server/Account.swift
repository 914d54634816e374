import Glibc

/// Whom the server runs as: this process's own account, or postgres where that is root.
struct Account: Sendable {
    var name: String
    var user: uid_t
    var group: gid_t
    var dropsPrivileges: Bool

    static func forServer() throws(PostgresError) -> Account {
        guard geteuid() == 0 else {
            return Account(name: currentUserName(), user: geteuid(), group: getegid(), dropsPrivileges: false)
        }
        guard let entry = getpwnam("postgres") else {
            throw PostgresError(
                .privateServer, "Postgres does not run as root, and there is no user postgres to run it as",
                remedy: "install it with `apt-get install --no-install-recommends postgresql`, or do not run as root")
        }
        return Account(name: "postgres", user: entry.pointee.pw_uid, group: entry.pointee.pw_gid, dropsPrivileges: true)
    }

    /// The command as this account runs it.
    func command(_ words: [String]) -> [String] { dropsPrivileges ? ["runuser", "-u", name, "--"] + words : words }
}

/// What the kernel said last.
func systemMessage() -> String { String(cString: strerror(errno)) }
