package import FlowClient
package import Postgres

/// What the index has of one track: everything from `from` on. An answer about what lies outside is "not covered", never
/// "nobody".
package struct Coverage: Hashable, Sendable {
    package var track: String
    package var from: BlockHeight
    /// The last height, where it is followed no longer.
    package var until: BlockHeight?
    /// Where it began, as far as anybody knows.
    package var since: BlockHeight?
    package var source: Source

    package enum Source: String, Hashable, Sendable { case followed, backfill }

    package init(
        track: String, from: BlockHeight, until: BlockHeight? = nil, since: BlockHeight? = nil,
        source: Source = .followed
    ) {
        (self.track, self.from, self.until, self.since, self.source) = (track, from, until, since, source)
    }

    /// Nothing of it came before what is covered: what was never seen is not there.
    package var isWhole: Bool { since.map { from <= $0 } ?? false }

    /// Whether everything of the track is known as of a height.
    package func covers(_ height: BlockHeight) -> Bool {
        isWhole && (until.map { height <= $0 } ?? true)
    }

    /// Whether anything of the track is known as of a height.
    package func reaches(_ height: BlockHeight) -> Bool {
        (isWhole || height >= from) && (until.map { height <= $0 } ?? true)
    }

    /// NFTs, which may be of a pass or a collectible; not vaults, links and brands.
    var isOfTokens: Bool {
        track.hasPrefix("A.") && track.split(separator: ".").count == 4 && !track.hasSuffix(".Vault")
    }

    /// What lies before it, and could be filled in.
    package var missing: ClosedRange<BlockHeight>? {
        guard let since, since < from else { return nil }
        return since...from.advanced(by: -1)
    }
}

extension Coverage {
    static let columns = "track, from_height, until_height, since_height, source"

    init(_ row: PostgresRow) throws {
        self.init(
            track: try row.decode("track"), from: try row.height("from_height"),
            until: try row.optionalHeight("until_height"), since: try row.optionalHeight("since_height"),
            source: Source(rawValue: try row.decode("source")) ?? .followed)
    }

    /// By track.
    package static func read(from pool: PostgresPool) async throws -> [Coverage] {
        try await pool.query("select \(columns) from coverage order by track").map { try Coverage($0) }
    }

    // Another fingerprint, or a time in which it was not followed: what came before is not known.
    private static let follow = """
        insert into coverage as c (track, fingerprint, from_height, since_height, source)
        values ($1, $2, $3, $4, 'followed')
        on conflict (track) do update set
            fingerprint = excluded.fingerprint,
            from_height = case when c.fingerprint = excluded.fingerprint and (c.until_height is null or c.until_height >= $3 - 1)
                then c.from_height else excluded.from_height end,
            source = case when c.fingerprint = excluded.fingerprint and (c.until_height is null or c.until_height >= $3 - 1)
                then c.source else 'followed' end,
            until_height = null,
            since_height = coalesce(excluded.since_height, c.since_height)
        """
    private static let leave = """
        update coverage set until_height = greatest($2, from_height - 1) where track <> all($1::text[]) and until_height is null
        """

    /// What is followed from the cursor on. `origin` is where all that is followed began, where that is known.
    static func follow(
        _ tracks: [Track], after lease: IngestLease, origin: BlockHeight?, on connection: PostgresConnection
    ) async throws {
        for track in tracks {
            _ = try await connection.execute(
                follow,
                [
                    .text(track.name), .text(track.fingerprint), .height(lease.next),
                    .optional(track.since ?? origin, PostgresValue.height),
                ])
        }
        _ = try await connection.execute(
            leave, [.textArray(tracks.map(\.name)), .int8(Int64(clamping: lease.next.rawValue) - 1)])
    }

    private static let fill = """
        update coverage set from_height = least(from_height, $2), source = 'backfill'
        where track = any($1::text[]) and from_height <= $3 + 1 and from_height > $2
        """

    /// What was filled in reaches down to `from`, where it joins what is covered.
    static func extend(
        _ tracks: [String], from: BlockHeight, to: BlockHeight, on connection: PostgresConnection
    ) async throws {
        _ = try await connection.execute(fill, [.textArray(tracks), .height(from), .height(to)])
    }

    /// Above a rewind nothing is covered: what was first followed there is followed from its end on.
    static let rewind = """
        update coverage set from_height = least(from_height, $1 + 1), until_height = least(until_height, $1)
        """
}
