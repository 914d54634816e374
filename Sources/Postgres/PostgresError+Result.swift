import CLibPQ

extension PostgresError {
    /// What the server said in a result that failed. PG_DIAG_* are character macros, which the shim turns into constants.
    init(result: OpaquePointer) {
        func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        self.init(.server, field(shim_diag_message_primary) ?? String(cString: PQresultErrorMessage(result)).trimmed)
        sqlState = field(shim_diag_sqlstate).map(SQLState.init(rawValue:))
        severity = field(shim_diag_severity)
        constraint = field(shim_diag_constraint_name)
        schema = field(shim_diag_schema_name)
        table = field(shim_diag_table_name)
        column = field(shim_diag_column_name)
        detail = field(shim_diag_message_detail)
        hint = field(shim_diag_message_hint)
        context = field(shim_diag_context)
        if sqlState == nil { code = .connectionLost }
    }

    /// A prepared statement that the server may not be able to use any more: its tables changed ("cached plan must not change
    /// result type", in the server's language), or it was discarded. What is truly not supported says so again.
    var isStalePlan: Bool { sqlState == .unknownStatement || sqlState == .featureNotSupported }
}
