import Postgres

/// What the platform asked, and what became of it: operations and their items, slots and attempts, keys and leases.
///
/// Three rules are the tables' own, so that no process can break them:
/// - a slot (proposer, key, sequence number) holds one content at a time, and has one attempt under way at most;
/// - an item is in the content of one slot at most;
/// - what is finished carries the epoch of a lease that was the owner's (every statement of Submitter checks it).
extension Schema {
    static let v0002Operations = Migration(
        version: 2, name: "v0002_operations", up: operationsUp, down: operationsDown)

    private static let operationsUp = #"""
        -- A worker's claim on work. The epoch is new with each start, so a process that was taken over can't finish anything.
        create sequence lease_epochs;
        create table leases (
            worker_id text primary key,
            epoch bigint not null,
            taken_at timestamptz not null default now(),
            expires_at timestamptz not null,
            constraint an_epoch_is_given_once unique (epoch)
        );

        create table operations (
            id text collate "C" primary key,
            tenant text not null,
            type text not null,
            payload jsonb not null,
            payload_digest bytea not null,
            idempotency_key text not null,
            priority smallint not null default 0,
            not_before_at timestamptz,
            -- accepted: not expanded into items yet. running: an item is under way or done. finished: see outcome.
            state text not null default 'queued',
            attempts integer not null default 0,
            items_total integer not null default 0,
            items_done integer not null default 0,
            items_rejected integer not null default 0,
            items_failed integer not null default 0,
            items_cancelled integer not null default 0,
            -- done, or partial (some items), or rejected, failed, cancelled (no item done).
            outcome text,
            reason text,
            cancel_requested_at timestamptz,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            finished_at timestamptz,
            constraint an_idempotency_key_is_used_once_by_a_tenant unique (tenant, idempotency_key),
            constraint an_operation_has_a_known_state
                check (state in ('accepted', 'queued', 'running', 'finished')),
            constraint an_operation_has_a_known_outcome
                check (outcome in ('done', 'partial', 'rejected', 'failed', 'cancelled')),
            constraint what_is_finished_has_an_outcome check ((state = 'finished') = (outcome is not null)),
            constraint finished_items_are_no_more_than_all
                check (items_done + items_rejected + items_failed + items_cancelled <= items_total)
        );
        create index operations_unfinished on operations (id) where state <> 'finished';
        create index operations_by_tenant on operations (tenant, id);
        -- "What happened today, and what failed."
        create index operations_by_end on operations (tenant, finished_at) where finished_at is not null;

        create table operation_items (
            operation_id text collate "C" not null references operations (id) on delete cascade,
            ordinal integer not null,
            recipe text not null,
            -- What the contract calls the item in its events: a drop's row, a token, a brand.
            item_key text not null,
            arguments jsonb not null,
            depends_on bigint[] not null default '{}',
            -- Items with one key go to the chain one transaction after another, in order (the tokens of a release).
            sequence_key text,
            priority smallint not null default 0,
            not_before_at timestamptz,
            state text not null default 'queued',
            attempts integer not null default 0,
            -- After a split: the items that are tried together, apart from others.
            suspect_group bigint,
            -- The contract said yes in an executed block that may not be sealed yet: dependents may go.
            executed_height bigint,
            reason text,
            token_id numeric(20, 0),
            transaction_id bytea,
            height bigint,
            updated_at timestamptz not null default now(),
            primary key (operation_id, ordinal),
            constraint an_item_has_a_known_state
                check (state in ('waiting', 'scheduled', 'queued', 'batched', 'in_doubt', 'unproven', 'done', 'rejected', 'failed', 'cancelled')),
            constraint an_item_that_was_not_done_says_why
                check (state not in ('rejected', 'failed', 'cancelled', 'unproven') or reason is not null)
        );
        create index operation_items_ready on operation_items (recipe, priority desc, operation_id, ordinal)
            where state = 'queued';
        create index operation_items_unproven on operation_items (operation_id, ordinal) where state = 'unproven';
        create index operation_items_sequence on operation_items (sequence_key, operation_id, ordinal)
            where sequence_key is not null and state in ('waiting', 'queued', 'batched', 'in_doubt');
        -- What waits costs nothing to those that look for what is ready, and nothing where nothing waits.
        create index operation_items_waiting on operation_items (operation_id, ordinal) where state = 'waiting';
        create index operation_items_due on operation_items (not_before_at) where state = 'scheduled';

        -- Items that a process is making a transaction of just now: rows, so that they can be seen and swept.
        create table item_claims (
            operation_id text collate "C" not null,
            ordinal integer not null,
            epoch bigint not null,
            claimed_at timestamptz not null default now(),
            primary key (operation_id, ordinal)
        );
        create index item_claims_by_epoch on item_claims (epoch);

        -- A place that the chain itself fills once: of all transactions that use one, at most one can execute.
        create table slots (
            id bigint generated always as identity primary key,
            address text not null,
            key_index bigint not null,
            sequence_number numeric(20, 0) not null,
            recipe text not null,
            sequence_key text,
            -- SHA3-256 of script and arguments.
            content_digest bytea not null,
            -- held: the content may still execute. consumed: the chain says the number is used.
            -- released: proven that this content can't execute here any more, and did not.
            state text not null default 'held',
            consumed_by bytea,
            consumed_height bigint,
            -- Every item's outcome is known.
            finished_at timestamptz,
            created_at timestamptz not null default now(),
            constraint a_slot_is_an_account_key check (address ~ '^[0-9a-f]{16}$' and key_index >= 0),
            constraint a_slot_has_a_known_state check (state in ('held', 'consumed', 'released')),
            constraint a_slot_is_known_by_its_content unique (id, content_digest)
        );
        create unique index one_slot_one_content on slots (address, key_index, sequence_number)
            where state <> 'released';
        create unique index one_slot_a_key_at_a_time on slots (address, key_index) where state = 'held';
        create unique index one_slot_a_sequence_at_a_time on slots (sequence_key)
            where sequence_key is not null and finished_at is null;

        create table slot_items (
            slot_id bigint not null references slots (id) on delete cascade,
            position integer not null,
            operation_id text collate "C" not null,
            ordinal integer not null,
            open boolean not null default true,
            primary key (slot_id, position),
            foreign key (operation_id, ordinal) references operation_items (operation_id, ordinal) on delete cascade
        );
        create unique index an_item_is_under_way_once on slot_items (operation_id, ordinal) where open;
        create index slot_items_by_operation on slot_items (operation_id, ordinal);

        -- One signed transaction. Written before its first byte goes out.
        create table attempts (
            id bigint generated always as identity primary key,
            slot_id bigint not null,
            content_digest bytea not null,
            transaction_id bytea not null,
            signed_bytes bytea not null,
            reference_block_id bytea not null,
            reference_height bigint not null,
            expiry_height bigint not null,
            state text not null default 'signed',
            sends integer not null default 0,
            -- A send was accepted, or nobody knows: from here on a refusal proves nothing.
            possibly_known boolean not null default false,
            executed_height bigint,
            executed_block_id bytea,
            -- The chain's number for the key was seen past ours at this height, before we saw what used it.
            passed_height bigint,
            error_code integer,
            error_text text,
            computation bigint,
            -- What its fee event says was paid, in FLOW scaled by 1e8. Null where the chain takes no fees.
            fee bigint,
            event_bytes bigint,
            lease_epoch bigint not null,
            -- What keeps this one attempt from going on, others notwithstanding, and how often it was tried since.
            trouble text,
            trouble_since_at timestamptz,
            trouble_count integer not null default 0,
            -- Its block was rolled back: whether it was executed after all, the chain's events say.
            disputed boolean not null default false,
            created_at timestamptz not null default now(),
            sent_at timestamptz,
            executed_at timestamptz,
            sealed_at timestamptz,
            finished_at timestamptz,
            constraint an_attempt_has_a_known_state check (state in
                ('signed', 'sent', 'in_doubt', 'executed', 'sealed', 'failed', 'expired', 'superseded')),
            constraint a_transaction_is_recorded_once unique (transaction_id),
            constraint a_transaction_id_has_32_bytes check (octet_length(transaction_id) = 32),
            constraint an_attempt_carries_its_slots_content
                foreign key (slot_id, content_digest) references slots (id, content_digest) on delete cascade
        );
        create unique index one_attempt_a_slot_at_a_time on attempts (slot_id)
            where state in ('signed', 'sent', 'in_doubt', 'executed', 'sealed');
        create index attempts_unfinished on attempts (id) where finished_at is null;
        create index attempts_without_cost on attempts (executed_height)
            where event_bytes is null and executed_height is not null;

        create table proposal_keys (
            address text not null,
            key_index bigint not null,
            public_key bytea not null,
            weight integer not null,
            next_sequence_number numeric(20, 0) not null,
            -- The height whose state, or whose transaction, proves the number.
            evidence_height bigint not null,
            leased_by text,
            lease_epoch bigint,
            leased_at timestamptz,
            revoked boolean not null default false,
            -- The number must be read from the chain before the key is used.
            unread boolean not null default true,
            quarantined_because text,
            quarantined_at timestamptz,
            -- Someone else uses the key: others go first until then, longer after each collision.
            collisions integer not null default 0,
            rests_until_at timestamptz,
            primary key (address, key_index),
            constraint a_proposal_key_is_an_account_key check (address ~ '^[0-9a-f]{16}$' and key_index >= 0)
        );

        -- What one transaction of a recipe may hold, as learned from those that went before.
        create table recipe_limits (
            recipe text primary key,
            items integer not null,
            -- items may not grow past a size that failed.
            failed_at_items integer,
            event_bytes_per_item double precision,
            computation_per_item double precision,
            updated_at timestamptz not null default now(),
            constraint a_transaction_holds_an_item check (items >= 1)
        );

        -- What keeps transactions from going out, and ends by itself when its cause does. One is let through from time to
        -- time to see: probe_at is when next.
        create table holds (
            scope text primary key,
            reason text not null,
            remedy text not null,
            since_at timestamptz not null default now(),
            probe_at timestamptz not null,
            probes integer not null default 0,
            -- A probe is on its way: what else fails was sent before the hold began.
            is_probing boolean not null default false,
            -- The account's state when it began: a change of it is worth a probe at once.
            witness text,
            constraint a_hold_has_a_known_scope
                check (scope in ('payer', 'platform_account', 'network', 'database') or scope like 'recipe:%')
        );

        -- What the network was found to allow, where that is less than what is asked for by default.
        create table network_limits (
            name text primary key,
            value bigint not null,
            learned_at timestamptz not null default now()
        );

        -- Which server's history this is: another identifier or timeline is a restore or a failover, and may have lost commits.
        create table server_identity (
            one boolean primary key default true check (one),
            system_identifier text not null,
            timeline text not null
        );

        create table operation_history (
            id bigint generated always as identity primary key,
            operation_id text collate "C" not null references operations (id) on delete cascade,
            at timestamptz not null default clock_timestamp(),
            what text not null,
            items integer,
            attempt_id bigint,
            transaction_id bytea,
            height bigint,
            detail text
        );
        create index operation_history_by_operation on operation_history (operation_id, id);

        create function history_is_only_added_to() returns trigger language plpgsql as $$
            begin
                raise exception 'operation_history is only added to';
            end $$;
        create trigger history_is_only_added_to before update on operation_history
            for each row execute function history_is_only_added_to();

        -- Submitters wake when there is work, whoever put it there; the platform's side when an operation is finished.
        create function tell_of_work() returns trigger language plpgsql as $$
            begin
                -- What waits for its time or for others wakes nobody.
                if exists (select from new_items where state = 'queued') then perform pg_notify('weir_work', ''); end if;
                return null;
            end $$;
        create trigger tell_of_work after insert on operation_items referencing new table as new_items
            for each statement execute function tell_of_work();

        create function tell_of_outcome() returns trigger language plpgsql as $$
            begin
                perform pg_notify('weir_outcomes', new.id);
                return null;
            end $$;
        create trigger tell_of_outcome after update of state on operations
            for each row when (new.state = 'finished' and old.state <> 'finished') execute function tell_of_outcome();
        """#

    private static let operationsDown =
        Migration.refuseToLose("operations") + #"""
            drop table operation_history, server_identity, network_limits, holds, recipe_limits, attempts, slot_items, slots,
                proposal_keys, item_claims, operation_items, operations, leases;
            drop function history_is_only_added_to, tell_of_work, tell_of_outcome;
            drop sequence lease_epochs;
            """#
}
