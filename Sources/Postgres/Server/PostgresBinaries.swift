import FoundationEssentials

/// Where a Postgres server's programs are. Debian keeps them off PATH.
struct PostgresBinaries: Sendable {
    var directory: String
    var major: Int

    func path(_ program: String) -> String { "\(directory)/\(program)" }

    /// The newest that are whole; the ones of `major` where that is given.
    /// - Throws: `privateServer` that names the Debian package to install.
    static func find(major: Int? = nil) async throws -> PostgresBinaries {
        var candidates: [String] = []
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        candidates += versions.compactMap(Int.init).sorted(by: >).map { "/usr/lib/postgresql/\($0)/bin" }
        // Not being there is no error: the list above may do.
        if let asked = try? await Subprocess.run(["pg_config", "--bindir"]), asked.status == 0 {
            candidates.append(asked.output.trimmed)
        }
        candidates += (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for directory in candidates {
            guard
                ["postgres", "initdb"].allSatisfy({ FileManager.default.isExecutableFile(atPath: "\(directory)/\($0)") }
                )
            else { continue }
            guard let said = try? await Subprocess.run(["\(directory)/postgres", "--version"]), said.status == 0,
                let found = said.output.split(separator: " ").lazy.compactMap({ Int($0.prefix { $0.isNumber }) }).first,
                major == nil || major == found
            else { continue }
            return PostgresBinaries(directory: directory, major: found)
        }
        let package = major.map { "postgresql-\($0)" } ?? "postgresql"
        throw PostgresError(
            .privateServer, "no Postgres server\(major.map { " of version \($0)" } ?? "") on this machine",
            remedy: "install it with `apt-get install --no-install-recommends \(package)`")
    }
}
