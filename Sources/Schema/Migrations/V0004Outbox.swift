import Postgres

/// What the platform is told: messages in the order in which they came about, and the addresses that get them.
extension Schema {
    static let v0004Outbox = Migration(version: 4, name: "v0004_outbox", up: outboxUp, down: outboxDown)

    private static let outboxUp = #"""
        create table outbox (
            id bigint generated always as identity primary key,
            tenant text not null,
            topic text not null,
            -- Messages of one key are told in order.
            key text not null,
            body jsonb not null,
            created_at timestamptz not null default now(),
            -- Its place in the feed, given once its transaction is over: ids are given before, and one that comes late
            -- would be run past.
            place bigint
        );
        create sequence outbox_places owned by outbox.place;
        create unique index outbox_in_order on outbox (tenant, place) where place is not null;
        create index outbox_without_place on outbox (id) where place is null;
        create index outbox_by_age on outbox (created_at);

        create table webhook_endpoints (
            id text primary key,
            tenant text not null,
            url text not null,
            -- The newest first; two during a rotation. They sign, so they lie here as they are; nothing shows them again.
            secrets text[] not null,
            topics text[] not null default '{}',
            is_on boolean not null default true,
            off_because text,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            constraint an_endpoint_has_a_secret_or_two check (cardinality(secrets) between 1 and 2)
        );
        create index webhook_endpoints_by_tenant on webhook_endpoints (tenant) where is_on;

        create table webhook_deliveries (
            endpoint_id text not null references webhook_endpoints (id) on delete cascade,
            message_id bigint not null references outbox (id) on delete cascade,
            key text not null,
            -- pending: it is still to be told. dead: given up, with the reason; a replay makes it pending again.
            state text not null default 'pending',
            attempts integer not null default 0,
            next_try_at timestamptz not null default now(),
            last_status integer,
            last_error text,
            delivered_at timestamptz,
            constraint a_message_is_delivered_once primary key (endpoint_id, message_id),
            constraint a_delivery_has_a_known_state check (state in ('pending', 'delivered', 'dead'))
        );
        create index webhook_deliveries_due on webhook_deliveries (endpoint_id, next_try_at, message_id) where state = 'pending';
        create index webhook_deliveries_by_message on webhook_deliveries (message_id);
        create index webhook_deliveries_in_order on webhook_deliveries (endpoint_id, key, message_id) where state = 'pending';
        create index webhook_deliveries_dead on webhook_deliveries (endpoint_id, message_id) where state = 'dead';

        -- One message for each who wants it, in the transaction in which it came about: no cursor can run past it.
        create function address_messages() returns trigger language plpgsql as $$
            begin
                insert into webhook_deliveries (endpoint_id, message_id, key)
                select e.id, m.id, m.key from new_messages m
                join webhook_endpoints e on e.tenant = m.tenant and e.is_on
                    and (e.topics = '{}' or m.topic = any (e.topics));
                perform pg_notify('weir_outbox', '');
                return null;
            end $$;
        create trigger address_messages after insert on outbox referencing new table as new_messages
            for each statement execute function address_messages();

        create or replace function tell_of_outcome() returns trigger language plpgsql as $$
            begin
                perform pg_notify('weir_outcomes', new.id);
                insert into outbox (tenant, topic, key, body)
                values (new.tenant, 'operation.' || new.outcome, new.id,
                    jsonb_build_object('id', new.id, 'type', new.type, 'idempotency_key', new.idempotency_key,
                        'outcome', new.outcome, 'reason', new.reason, 'finished_at', new.finished_at,
                        'items', jsonb_build_object('total', new.items_total, 'done', new.items_done,
                            'rejected', new.items_rejected, 'failed', new.items_failed, 'cancelled', new.items_cancelled)));
                return null;
            end $$;

        -- An operation of no items is finished as it comes.
        create trigger tell_of_outcome_at_once after insert on operations
            for each row when (new.state = 'finished') execute function tell_of_outcome();
        """#

    private static let outboxDown =
        Migration.refuseToLose("outbox", "webhook_endpoints") + #"""
            drop trigger tell_of_outcome_at_once on operations;
            create or replace function tell_of_outcome() returns trigger language plpgsql as $$
                begin
                    perform pg_notify('weir_outcomes', new.id);
                    return null;
                end $$;
            drop table webhook_deliveries, webhook_endpoints, outbox;
            drop function address_messages;
            """#
}
