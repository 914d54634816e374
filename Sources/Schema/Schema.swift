public import Postgres

/// The one linear history of Weir's tables. Each step is a file in Migrations; a released one is never edited.
public enum Schema {
    /// In order, from version 1.
    public static let migrations: [Migration] = [
        v0001Chain, v0002Operations, v0003Schedules, v0004Outbox, v0005Doors, v0006Wallets, v0007Entities, v0008Answers,
        v0009Campaigns, v0010Ops, v0011Shares, v0012Histories,
        v0013TenantSecurity,
    ]

    public static let migrator = Migrator(migrations: migrations)
}
