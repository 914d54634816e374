/// One step of the schema's single history. A released one is never edited: its checksum is kept in the database.
///
/// `up` and `down` are several statements in one text, run in one transaction with the search_path set to the schema, so they
/// name no schema. A `down` that would lose data raises: begin it with `Migration.refuseToLose`.
public struct Migration: Sendable, Hashable, Identifiable {
    /// From 1, without a gap.
    public var version: Int
    public var name: String
    public var up: String
    public var down: String
    public var id: Int { version }

    public init(version: Int, name: String, up: String, down: String) {
        self.version = version
        self.name = name
        self.up = up
        self.down = down
    }

    /// SQL that raises where one of the tables holds a row.
    public static func refuseToLose(_ tables: String...) -> String {
        tables.map { table in
            """
            do $refuse$ begin
                if exists (select from \(quotedIdentifier(table))) then
                    raise exception 'table \(table) holds rows, which this step back would lose'
                        using hint = 'export and empty it first';
                end if;
            end $refuse$;

            """
        }.joined()
    }
}

/// Where a database stands, step by step.
public struct MigrationStatus: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case pending
        case applied
        /// Applied, with another text than this program has.
        case changed
        /// Applied by a program that knows more than this one.
        case unknown
    }

    public var version: Int
    public var name: String
    public var state: State
    /// As the database wrote it: `2026-11-23 07:00:00+00`.
    public var appliedAt: String?
}
