import Postgres

/// What happens by the clock, and what the scheduled operations find to do: schedules and their runs, drop tables,
/// purchases, people who have claimed.
extension Schema {
    static let v0003Schedules = Migration(
        version: 3, name: "v0003_schedules", up: schedulesUp, down: schedulesDown)

    private static let schedulesUp = #"""
        create table schedules (
            tenant text not null,
            name text not null,
            type text not null,
            payload jsonb not null default '{}',
            priority smallint not null default 0,
            -- One of the two.
            cron text,
            rrule text,
            time_zone text not null default 'UTC',
            starts_at timestamptz not null default now(),
            missed text not null default 'one',
            missed_within interval not null default '1 day',
            overlap text not null default 'skip',
            is_on boolean not null default true,
            -- Null: never, or never again.
            next_run_at timestamptz,
            -- Why it was switched off by itself.
            trouble text,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            constraint a_schedule_has_one_name primary key (tenant, name),
            constraint a_schedule_has_one_rule check ((cron is null) <> (rrule is null)),
            constraint missed_runs_have_a_policy check (missed in ('skip', 'one', 'all')),
            constraint overlapping_runs_have_a_policy check (overlap in ('skip', 'allow'))
        );
        create index schedules_due on schedules (next_run_at) where is_on and next_run_at is not null;

        -- What became of each nominal time: an operation, or why none. A stretch of skipped times is one row.
        create table schedule_runs (
            tenant text not null,
            name text not null,
            nominal_at timestamptz not null,
            through_at timestamptz,
            operation_id text collate "C",
            skipped_because text,
            decided_at timestamptz not null default now(),
            constraint a_nominal_time_runs_once primary key (tenant, name, nominal_at),
            constraint a_run_is_an_operation_or_says_why_not check ((operation_id is null) = (skipped_because is not null)),
            foreign key (tenant, name) references schedules (tenant, name) on delete cascade
        );

        -- The platform's five crons. Off until somebody turns them on.
        create function add_platform_schedules(for_tenant text) returns void language sql as $$
            insert into schedules (tenant, name, type, cron, is_on)
            values (for_tenant, 'settle_purchase', 'settle_purchase', '*/2 * * * *', false),
                (for_tenant, 'airdrop_pass', 'airdrop_pass', '*/2 * * * *', false),
                (for_tenant, 'airdrop_collectible', 'airdrop_collectible', '*/5 * * * *', false),
                (for_tenant, 'remove_listing', 'remove_listing', '*/13 * * * *', false),
                (for_tenant, 'signup_reminder', 'signup_reminder', '0 12 * * *', false)
            on conflict do nothing
        $$;
        select add_platform_schedules('default');

        create table drop_rows (
            tenant text not null,
            drop_id text not null,
            kind text not null,
            -- The release of a pass, or the collectible.
            subject_id text not null,
            address text,
            holder text,
            drop_at timestamptz not null default now(),
            -- Who carries it out, once it is picked.
            operation_id text collate "C",
            ordinal integer,
            created_at timestamptz not null default now(),
            constraint a_drop_has_one_row primary key (tenant, drop_id),
            constraint a_drop_is_of_a_pass_or_a_collectible check (kind in ('pass', 'collectible')),
            constraint a_drop_has_a_recipient check (address is not null or holder is not null),
            constraint a_picked_drop_is_one_item unique (operation_id, ordinal)
        );
        create index drop_rows_due on drop_rows (tenant, kind, drop_at, drop_id) where operation_id is null;
        create index drop_rows_by_subject on drop_rows (tenant, subject_id, drop_id);

        create table purchases (
            tenant text not null,
            purchase_id text not null,
            token_id numeric(20, 0) not null,
            price numeric(20, 8) not null,
            seller text,
            buyer text,
            holder text,
            -- Of the buyer's wallet, where it is paid for on chain.
            transaction_id bytea,
            -- The platform was paid off chain, and the token is to be delivered.
            paid_at timestamptz,
            locked_until timestamptz not null default now() + interval '5 minutes',
            state text not null default 'pending',
            reason text,
            operation_id text collate "C",
            ordinal integer,
            settled_height bigint,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            constraint a_purchase_is_recorded_once primary key (tenant, purchase_id),
            constraint a_purchase_has_a_buyer check (buyer is not null or holder is not null),
            constraint a_purchase_has_a_known_state
                check (state in ('pending', 'delivering', 'settled', 'released', 'failed')),
            constraint a_transaction_pays_by_its_id check (octet_length(transaction_id) = 32),
            constraint a_purchase_is_paid_in_one_way check (transaction_id is null or paid_at is null),
            constraint a_purchase_that_failed_says_why check (state not in ('released', 'failed') or reason is not null)
        );
        create index purchases_open on purchases (tenant, purchase_id) where state in ('pending', 'delivering');
        create unique index a_token_is_sold_to_one_at_a_time on purchases (tenant, token_id)
            where state in ('pending', 'delivering');

        -- Listings whose removal was asked for by itself: not again for a while, whatever became of it.
        create table listing_removals (
            listing_id numeric(20, 0) primary key,
            operation_id text collate "C" not null,
            asked_at timestamptz not null default now()
        );

        create table claimants (
            tenant text not null,
            person text not null,
            claimed_at timestamptz not null,
            signed_up_at timestamptz,
            reminded_at timestamptz,
            constraint a_claimant_is_one_person primary key (tenant, person)
        );
        create index claimants_to_remind on claimants (tenant, claimed_at) where signed_up_at is null and reminded_at is null;

        create index operations_accepted on operations (id) where state = 'accepted';
        create function tell_of_accepted() returns trigger language plpgsql as $$
            begin
                perform pg_notify('weir_accepted', '');
                return null;
            end $$;
        create trigger tell_of_accepted after insert on operations
            for each row when (new.state = 'accepted') execute function tell_of_accepted();
        """#

    private static let schedulesDown =
        Migration.refuseToLose("drop_rows", "purchases", "claimants", "schedule_runs") + #"""
            drop trigger tell_of_accepted on operations;
            drop index operations_accepted;
            drop function tell_of_accepted, add_platform_schedules;
            drop table claimants, listing_removals, purchases, drop_rows, schedule_runs, schedules;
            """#
}
