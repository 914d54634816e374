#pragma once
#include <libpq-fe.h>
// The diagnostic fields are character macros, which Swift does not import.
static const int shim_diag_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int shim_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int shim_diag_message_primary = PG_DIAG_MESSAGE_PRIMARY;
static const int shim_diag_message_detail = PG_DIAG_MESSAGE_DETAIL;
static const int shim_diag_message_hint = PG_DIAG_MESSAGE_HINT;
static const int shim_diag_context = PG_DIAG_CONTEXT;
static const int shim_diag_schema_name = PG_DIAG_SCHEMA_NAME;
static const int shim_diag_table_name = PG_DIAG_TABLE_NAME;
static const int shim_diag_column_name = PG_DIAG_COLUMN_NAME;
static const int shim_diag_constraint_name = PG_DIAG_CONSTRAINT_NAME;

// glibc declares these only for _GNU_SOURCE, which Swift's importer does not set: a private server's folder and descriptors.
#include <spawn.h>
static inline int shim_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path) {
    extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);
    return posix_spawn_file_actions_addchdir_np(actions, path);
}
static inline int shim_spawn_closefrom(posix_spawn_file_actions_t *actions, int first) {
    extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
