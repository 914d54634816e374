import Postgres

/// Tables of the same shape in a schema of their own, where projections are built before they take the running ones' place.
struct RebuildTables {
    /// Weir's own schema, and the one beside it.
    let own: String
    let beside: String
    private var replaced: String { own + "_replaced" }
    let tables: [String]

    init(_ tables: [String], on connection: PostgresConnection) async throws {
        own = try await connection.query("select current_schema()").one()
        beside = own + "_rebuild"
        self.tables = tables
    }

    /// The search path under which the projections' own statements write here, and read from the running tables what is not
    /// built anew.
    var searchPath: String { "set local search_path = \(quotedIdentifier(beside)), \(quotedIdentifier(own))" }

    /// From nothing, whatever a former attempt has left. Without indexes: rows come faster without.
    func make(on connection: PostgresConnection) async throws {
        try await drop(on: connection)
        try await connection.script("create schema \(quotedIdentifier(beside))")
        for table in tables {
            try await connection.script(
                "create table \(name(table, beside)) (like \(name(table, own)) including defaults including comments)")
        }
    }

    func drop(on connection: PostgresConnection) async throws {
        try await connection.script("drop schema if exists \(quotedIdentifier(beside)) cascade")
    }

    private static let constraints = """
        select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
        where conrelid = ($1 || '.' || $2)::regclass and contype in ('p', 'u', 'c') order by contype desc, conname
        """
    private static let indexes = """
        select pg_get_indexdef(i.indexrelid) as definition from pg_index i
        where i.indrelid = ($1 || '.' || $2)::regclass
            and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
        order by i.indexrelid
        """

    /// The same constraints, by the same names.
    func constrain(_ table: String, on connection: PostgresConnection) async throws {
        for row in try await connection.query(
            Self.constraints, [.text(quotedIdentifier(own)), .text(quotedIdentifier(table))])
        {
            let (name, definition): (String, String) = (try row.decode("name"), try row.decode("definition"))
            try await connection.script(
                "alter table \(self.name(table, beside)) add constraint \(quotedIdentifier(name)) \(definition)")
        }
    }

    /// The same indexes, by the same names: they lie in their table's schema.
    func index(_ table: String, on connection: PostgresConnection) async throws {
        for row in try await connection.query(
            Self.indexes, [.text(quotedIdentifier(own)), .text(quotedIdentifier(table))])
        {
            let definition: String = try row.decode("definition")
            // Printed with the schema's name, in quotes where it needs them: see pg_get_indexdef in ruleutils.c.
            var place = definition
            for schema in [own, quotedIdentifier(own)] {
                place = place.replacing(
                    " ON \(schema).\(table) ", with: " ON \(name(table, beside)) ", maxReplacements: 1)
            }
            guard place != definition else {
                throw IndexerError(.badAnswer, "an index of \(table) is not told as it was expected: \(definition)")
            }
            try await connection.script(place)
        }
        try await connection.script("analyze \(name(table, beside))")
    }

    private static let views = """
        select distinct n.nspname as schema, v.relname as name, pg_get_viewdef(v.oid) as definition,
            coalesce(array_to_string(v.reloptions, ', '), '') as options, v.oid
        from pg_depend d
        join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
        join pg_class v on v.oid = r.ev_class and v.relkind = 'v'
        join pg_namespace n on n.oid = v.relnamespace
        where d.refclassid = 'pg_class'::regclass and d.refobjid = any($1::text[]::regclass[]::oid[])
        order by v.oid
        """

    /// The tables take the running ones' place, in the transaction at hand. Views are told of the tables by their names and
    /// keep to the tables themselves: they are made anew.
    func swap(on connection: PostgresConnection) async throws {
        try await connection.script("set local search_path = \(quotedIdentifier(own))")
        let names = tables.map { name($0, own) }
        let views = try await connection.query(Self.views, [.textArray(names)])
        // Not only renamed: indexes keep their names, and two of one name need two schemas.
        try await connection.script("create schema \(quotedIdentifier(replaced))")
        for table in tables {
            try await connection.script("alter table \(name(table, own)) set schema \(quotedIdentifier(replaced))")
            try await connection.script("alter table \(name(table, beside)) set schema \(quotedIdentifier(own))")
        }
        for row in views {
            let (schema, view): (String, String) = (try row.decode("schema"), try row.decode("name"))
            let (definition, options): (String, String) = (try row.decode("definition"), try row.decode("options"))
            let with = options.isEmpty ? "" : " with (\(options))"
            try await connection.script("create or replace view \(name(view, schema))\(with) as \(definition)")
        }
        // Not by cascade: what still hangs on them would be lost.
        for table in tables { try await connection.script("drop table \(name(table, replaced))") }
        try await connection.script("drop schema \(quotedIdentifier(replaced))")
        try await connection.script("drop schema \(quotedIdentifier(beside)) cascade")
        // The new ones are readable by whom the old ones were.
        try await connection.query("select secure_tenants()")
    }

    private func name(_ table: String, _ schema: String) -> String {
        "\(quotedIdentifier(schema)).\(quotedIdentifier(table))"
    }
}
