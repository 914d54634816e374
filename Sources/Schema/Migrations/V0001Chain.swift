import Encoding
import Postgres

/// What the chain said, and what follows from it: written by the indexer alone, in height order, under its epoch.
/// Heights are 63 bits here and 64 on the chain; token and collection ids use all 64 bits and are numeric(20, 0).
extension Schema {
    static let v0001Chain = Migration(version: 1, name: "v0001_chain", up: chainUp, down: chainDown)

    private static let chainUp = """
        create table ingest_cursors (
            name text not null constraint a_cursor_has_a_name primary key,
            chain_id text,
            start_height bigint not null,
            height bigint,
            block_id bytea,
            block_produced_at timestamptz,
            committed_at timestamptz,
            epoch bigint not null default 0,
            holder text,
            lease_until_at timestamptz not null default '-infinity',
            sealed_height bigint,
            sealed_seen_at timestamptz,
            -- Since when the sealed head has been below what is indexed: the chain was rolled back, or the nodes are behind.
            sealed_below_since_at timestamptz,
            error text,
            error_at timestamptz,
            -- Why nobody goes on until a person has looked (an IndexerError's code). The error says more.
            stopped_by text,
            constraint a_cursor_starts_at_a_height check (start_height >= 0),
            constraint a_cursor_stands_at_or_after_its_start check (height >= start_height),
            constraint a_cursor_knows_the_block_it_stands_at check ((height is null) = (block_id is null))
        );
        comment on table ingest_cursors is
            'How far the chain has been read, by whom, and how far it has got. epoch rises with each new writer; what an earlier one sends fails.';

        create table blocks (
            height bigint not null constraint a_height_has_one_block primary key,
            id bytea not null constraint a_block_has_one_height unique,
            parent_id bytea not null,
            produced_at timestamptz not null,
            constraint block_ids_are_32_bytes check (length(id) = 32 and length(parent_id) = 32)
        );

        create table transactions (
            height bigint not null,
            transaction_index integer not null,
            id bytea not null,
            status_code integer not null,
            error_message text,
            is_system boolean not null,
            event_count integer not null,
            constraint a_transaction_has_one_place primary key (height, transaction_index),
            constraint transaction_ids_are_32_bytes check (length(id) = 32),
            constraint a_failure_says_why check ((status_code = 0) = (error_message is null))
        );
        -- System transactions repeat their ids in every block: an id alone names no transaction.
        create index transactions_by_id on transactions (id) where not is_system;

        create table events (
            height bigint not null,
            transaction_index integer not null,
            event_index integer not null,
            transaction_id bytea not null,
            type text not null,
            payload bytea not null,
            constraint an_event_has_one_place primary key (height, transaction_index, event_index)
        ) partition by range (height);
        comment on column events.payload is 'As received: CCF where it begins with d8, else JSON-CDC.';

        -- Events of tracked contracts from which nothing followed: they can't be read, or the tables don't take what they say.
        create table poison_events (
            height bigint not null,
            transaction_index integer not null,
            event_index integer not null,
            type text not null,
            error text not null,
            set_aside_at timestamptz not null default now(),
            constraint a_poison_event_has_one_place primary key (height, transaction_index, event_index)
        );

        -- What is followed, and from which height on everything of it is in the tables.
        create table coverage (
            track text not null constraint a_track_has_a_name primary key,
            -- What is read of it: another fingerprint is another track.
            fingerprint text not null,
            from_height bigint not null,
            -- Since it is followed no longer; null while it is.
            until_height bigint,
            -- Where it began, as far as anybody knows: from_height at or below it is the whole of it.
            since_height bigint,
            source text not null,
            constraint a_track_was_followed_or_filled_in check (source in ('followed', 'backfill')),
            constraint a_track_ends_after_it_began check (until_height >= from_height - 1)
        );

        -- Work on the index that takes long, beside the running one: done by whoever ingests, gone on with after any kill.
        create table index_jobs (
            id bigint generated always as identity constraint a_job_has_a_number primary key,
            kind text not null,
            tracks text[] not null default '{}',
            projections text[] not null default '{}',
            from_height bigint,
            to_height bigint,
            -- The last height that is done.
            height bigint,
            events bigint not null default 0,
            state text not null default 'queued',
            step text,
            error text,
            epoch bigint not null default 0,
            reason text not null,
            created_at timestamptz not null default now(),
            started_at timestamptz,
            updated_at timestamptz not null default now(),
            finished_at timestamptz,
            constraint a_job_fills_in_or_builds_anew check (kind in ('backfill', 'rebuild')),
            constraint a_job_is_in_a_known_state check (state in ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
            constraint a_backfill_has_heights check (kind <> 'backfill' or from_height <= to_height + 1),
            constraint a_failed_job_says_why check (state <> 'failed' or error is not null)
        );
        create index index_jobs_open on index_jobs (id) where state in ('queued', 'running', 'paused');

        -- When the chain itself was last asked about a token, and said the same.
        create table token_proofs (
            token_type text collate "C" not null,
            token_id numeric(20, 0) not null,
            proven_height bigint not null,
            proven_at timestamptz not null default now(),
            constraint a_token_is_proven_once primary key (token_type, token_id)
        ) with (fillfactor = 80);
        create index token_proofs_by_age on token_proofs (proven_at);

        -- How far the tokens that were moved have been asked about.
        create table reconciliations (
            name text not null constraint a_reconciliation_has_a_name primary key,
            touched_height bigint not null
        );

        -- Where the chain says something else than the index, and what became of it.
        create table drifts (
            id bigint generated always as identity constraint a_drift_has_a_number primary key,
            token_type text collate "C" not null,
            token_id numeric(20, 0) not null,
            height bigint not null,
            -- Null: nobody.
            indexed_kind text,
            indexed_owner text,
            -- Null: in none of the places that were looked at.
            chain_kind text,
            chain_owner text,
            cause text not null,
            state text not null default 'open',
            found_at timestamptz not null default now(),
            decided_at timestamptz,
            decided_by text,
            reason text,
            constraint a_drift_is_in_a_known_state check (state in ('open', 'repaired', 'dismissed', 'gone')),
            constraint a_drift_that_was_decided_says_by_whom check (state in ('open', 'gone') or decided_by is not null)
        );
        create unique index a_token_drifts_once_at_a_time on drifts (token_type, token_id) where state = 'open';

        -- What a person has put right: read with the events, wherever ownership is worked out.
        create table corrections (
            height bigint not null,
            token_type text collate "C" not null,
            token_id numeric(20, 0) not null,
            -- Null: nobody has it.
            owner_kind text,
            owner text,
            drift_id bigint not null,
            made_at timestamptz not null default now(),
            constraint a_token_is_corrected_once_a_height primary key (height, token_type, token_id)
        );

        create table projections (
            name text not null constraint a_projection_has_a_name primary key,
            version integer not null,
            height bigint
        );
        comment on table projections is
            'How far each projection has got. One that is behind the cursor, or of another version, is built again from events.';

        create table tokens (
            token_type text collate "C" not null,
            token_id numeric(20, 0) not null,
            group_id text,
            release_id text,
            serial numeric(20, 0),
            -- Of the resource, for life: events of the interface may name nothing else.
            uuid numeric(20, 0),
            minted_height bigint not null,
            destroyed_height bigint,
            constraint a_token_is_minted_once primary key (token_type, token_id)
        );
        create index tokens_by_release on tokens (release_id) where release_id is not null;
        create index tokens_by_group on tokens (group_id, serial) where group_id is not null;
        create index tokens_by_uuid on tokens (uuid) where uuid is not null;
        create index tokens_by_height on tokens (minted_height);
        create index tokens_by_destruction on tokens (destroyed_height) where destroyed_height is not null;
        comment on column tokens.group_id is 'The pass or the collectible that the token is one of.';

        create table lockers (
            collection_uuid numeric(20, 0) not null constraint a_locker_is_one_collection primary key,
            token_type text collate "C" not null,
            holder text not null,
            found_height bigint not null
        );
        create index lockers_by_holder on lockers (holder, token_type);
        create index lockers_by_height on lockers (found_height);
        comment on table lockers is
            'Collections in a contract''s account that are somebody''s locker. Every other collection there is the treasury.';

        create table collection_places (
            collection_uuid numeric(20, 0) not null,
            found_height bigint not null,
            found_transaction_index integer not null,
            account text not null,
            constraint a_collection_is_in_one_place_at_a_time
                primary key (collection_uuid, found_height, found_transaction_index)
        );
        create index collection_places_by_height on collection_places (found_height);
        comment on table collection_places is
            'In which account a collection was last seen: a deposit that names none is into the same.';

        -- The chain's UInt64 in eight bytes that compare fast: ids from 2^63 on are negative here.
        create function uint64(id bigint) returns numeric language sql immutable parallel safe as
            $f$ select case when id < 0 then id + 18446744073709551616::numeric else id::numeric end $f$;
        create function int64(id numeric) returns bigint language sql immutable parallel safe as
            $f$ select (case when id >= 9223372036854775808 then id - 18446744073709551616 else id end)::bigint $f$;

        -- Who has each token as of the cursor: one row a token. What was before is in ownership_history.
        create table token_owners (
            token_type text collate "C" not null,
            token_id bigint not null,
            -- By bytes: an order that is the same in every database.
            owner_kind text collate "C" not null,
            owner text collate "C" not null,
            collection_uuid bigint,
            group_id text collate "C",
            from_height bigint not null,
            from_transaction_index integer not null,
            from_event_index integer not null,
            constraint a_token_has_one_owner_at_a_time primary key (token_id, token_type),
            constraint an_owner_is_a_wallet_the_treasury_a_locker_or_nobody
                check (owner_kind in ('wallet', 'treasury', 'locker', 'limbo'))
        ) with (fillfactor = 80);
        -- "What does W hold", in pages; "who holds pass P".
        create index token_owners_by_owner on token_owners (owner_kind, owner, token_type, token_id);
        create index token_owners_by_group on token_owners ((coalesce(group_id, token_type)), owner_kind, owner);
        create index token_owners_in_limbo on token_owners (collection_uuid)
            where owner_kind = 'limbo' and collection_uuid is not null;

        -- Who had each token, from when until when: written when it changes hands, and never again.
        create table ownership_history (
            token_type text collate "C" not null,
            token_id bigint not null,
            owner_kind text collate "C" not null,
            owner text collate "C" not null,
            collection_uuid bigint,
            group_id text collate "C",
            from_height bigint not null,
            from_transaction_index integer not null,
            from_event_index integer not null,
            to_height bigint not null,
            to_transaction_index integer not null,
            to_event_index integer not null,
            constraint a_token_changes_hands_once_a_transaction
                primary key (token_id, token_type, from_height, from_transaction_index),
            constraint an_owner_was_a_wallet_the_treasury_a_locker_or_nobody
                check (owner_kind in ('wallet', 'treasury', 'locker', 'limbo')),
            constraint a_span_ends_after_it_began
                check ((to_height, to_transaction_index) > (from_height, from_transaction_index))
        );
        create index ownership_history_by_owner on ownership_history (owner_kind, owner, token_type, token_id);
        create index ownership_history_by_group on ownership_history ((coalesce(group_id, token_type)), owner_kind, owner);
        -- Rows come in the order of their ends.
        create index ownership_history_by_end on ownership_history using brin (to_height)
            with (pages_per_range = 16, autosummarize = on);

        create view ownership_spans as
            select token_type, uint64(token_id) as token_id, owner_kind, owner, uint64(collection_uuid) as collection_uuid, group_id,
                from_height, from_transaction_index, from_event_index, null::bigint as to_height,
                null::integer as to_transaction_index, null::integer as to_event_index
            from token_owners
            union all
            select token_type, uint64(token_id), owner_kind, owner, uint64(collection_uuid), group_id, from_height,
                from_transaction_index, from_event_index, to_height, to_transaction_index, to_event_index
            from ownership_history;
        comment on view ownership_spans is
            'Who had each token from when to when, with ids as the chain has them. Look-ups of single tokens belong to the tables.';

        -- Vaults of fungible tokens in accounts: what is in each, from when to when.
        create table vault_spans (
            vault_uuid numeric(20, 0) not null,
            token_type text collate "C" not null,
            account text not null,
            balance numeric(20, 8) not null,
            -- What the chain said is not what follows from the amounts before: an event is missing.
            disagrees boolean not null,
            from_height bigint not null,
            from_transaction_index integer not null,
            to_height bigint,
            to_transaction_index integer,
            constraint a_vault_changes_once_a_transaction primary key (vault_uuid, from_height, from_transaction_index),
            constraint a_balance_ends_at_a_transaction check ((to_height is null) = (to_transaction_index is null))
        );
        create unique index a_vault_has_one_balance_at_a_time on vault_spans (vault_uuid) where to_height is null;
        create index vault_spans_by_account on vault_spans
            (account, token_type, (coalesce(to_height, 9223372036854775807)), from_height);
        create index vault_spans_by_height on vault_spans (from_height);
        create index vault_spans_by_end on vault_spans (to_height) where to_height is not null;

        -- Child accounts that a parent may use (HybridCustody), from when to when.
        create table account_links (
            child text not null,
            parent text not null,
            from_height bigint not null,
            from_transaction_index integer not null,
            to_height bigint,
            to_transaction_index integer,
            constraint an_account_is_linked_once_a_transaction primary key (child, parent, from_height, from_transaction_index),
            constraint a_link_ends_at_a_transaction check ((to_height is null) = (to_transaction_index is null))
        );
        create unique index an_account_is_linked_once_at_a_time on account_links (child, parent) where to_height is null;
        create index account_links_by_parent on account_links (parent, child);
        create index account_links_by_height on account_links (from_height);
        create index account_links_by_end on account_links (to_height) where to_height is not null;

        -- New code of contracts that are followed: their events may have changed, too.
        create table contract_changes (
            height bigint not null,
            transaction_index integer not null,
            event_index integer not null,
            contract text not null,
            change text not null,
            code_hash bytea not null,
            constraint a_contract_change_has_one_place primary key (height, transaction_index, event_index),
            constraint contracts_are_added_updated_or_removed check (change in ('added', 'updated', 'removed'))
        );
        create index contract_changes_by_contract on contract_changes (contract, height);

        create table listings (
            id numeric(20, 0) not null constraint a_listing_is_one_resource primary key,
            storefront text not null,
            token_type text collate "C" not null,
            token_id numeric(20, 0) not null,
            price numeric(20, 8) not null,
            payment_type text not null,
            custom_id text,
            expires_at timestamptz not null,
            from_height bigint not null,
            from_transaction_index integer not null,
            from_event_index integer not null,
            to_height bigint,
            to_transaction_index integer,
            to_event_index integer,
            ended text,
            removed_height bigint,
            constraint a_listing_ends_bought_or_removed check (ended in ('purchased', 'removed')),
            constraint an_ended_listing_says_how check ((to_height is null) = (ended is null)),
            constraint a_removed_listing_has_ended check (removed_height is null or to_height is not null)
        );
        create index listings_by_token on listings (token_type, token_id);
        create index listings_open_by_storefront on listings (storefront, id) where to_height is null;
        create index listings_left_in_storefronts on listings (storefront, expires_at) where removed_height is null;
        create index listings_by_height on listings (from_height);
        create index listings_by_end on listings (to_height) where to_height is not null;
        create index listings_by_removal on listings (removed_height) where removed_height is not null;
        comment on column listings.removed_height is
            'A listing that was bought stays in its storefront, and takes up storage there, until it is removed.';

        create table operation_events (
            height bigint not null,
            transaction_index integer not null,
            event_index integer not null,
            transaction_id bytea not null,
            operation text not null,
            contract text not null,
            kind text not null,
            item text not null,
            reason text,
            token_type text collate "C",
            token_id numeric(20, 0),
            recipient text,
            holder text,
            serial numeric(20, 0),
            constraint an_operation_event_has_one_place primary key (height, transaction_index, event_index),
            constraint a_rejection_says_why check ((kind = 'Rejected') = (reason is not null))
        );
        create index operation_events_by_operation on operation_events (operation, height);
        create index operation_events_by_transaction on operation_events (transaction_id);
        create index operation_events_by_token on operation_events (token_type, token_id) where token_id is not null;
        comment on table operation_events is
            'Events of the platform''s contracts: each names the operation that asked for it. This is what finishes operations.';

        create table claims (
            token_type text collate "C" not null,
            token_id numeric(20, 0) not null,
            group_id text not null,
            operation text not null,
            height bigint not null,
            transaction_index integer not null,
            event_index integer not null,
            constraint a_token_is_claimed_once primary key (token_type, token_id)
        );
        create index claims_by_height on claims (height);

        """

    private static let chainDown =
        Migration.refuseToLose("blocks")
            + """
            drop view ownership_spans;
            drop table claims, operation_events, listings, contract_changes, account_links, vault_spans, ownership_history, token_owners,
                collection_places, lockers, tokens, projections, corrections, drifts, reconciliations,
                token_proofs, index_jobs, coverage, poison_events,
                events, transactions, blocks, ingest_cursors;
            drop function uint64, int64;
            """
}
