import Postgres

/// What ops and the platform look back on: parts that rest, traces that are passed on, and how entities came to their numbers.
extension Schema {
    static let v0010Ops = Migration(version: 10, name: "v0010_ops", up: opsUp, down: opsDown)

    private static let opsUp = #"""
        create table paused_parts (
            part text primary key,
            reason text not null,
            paused_by text not null,
            since_at timestamptz not null default now(),
            constraint a_paused_part_is_known check (part in ('submit', 'schedules', 'sweeps', 'inbox', 'campaigns', 'webhooks'))
        );

        -- Listings of which the last look at the storefront found the chain to say otherwise.
        create table listing_drifts (
            listing_id numeric(20, 0) primary key,
            token_id numeric(20, 0) not null,
            height bigint not null,
            -- Open in the index and not on the chain; or the other way round.
            indexed boolean not null,
            found_at timestamptz not null default now()
        );

        -- Of W3C's Trace Context, as the caller sent it: webhooks about the operation carry it on.
        alter table operations add column traceparent text;
        alter table outbox add column traceparent text;

        create or replace function tell_of_outcome() returns trigger language plpgsql as $$
            begin
                perform pg_notify('weir_outcomes', new.id);
                insert into outbox (tenant, topic, key, traceparent, body)
                values (new.tenant, 'operation.' || new.outcome, new.id, new.traceparent,
                    jsonb_build_object('id', new.id, 'type', new.type, 'idempotency_key', new.idempotency_key,
                        'outcome', new.outcome, 'reason', new.reason, 'finished_at', new.finished_at,
                        'items', jsonb_build_object('total', new.items_total, 'done', new.items_done,
                            'rejected', new.items_rejected, 'failed', new.items_failed, 'cancelled', new.items_cancelled)));
                return null;
            end $$;

        -- Each change of an entity's number, in order. Added to alone.
        create table entity_history (
            id bigint generated always as identity,
            tenant text not null,
            kind text not null,
            entity_id text not null,
            status smallint not null,
            status_before smallint,
            reason text,
            operation_id text collate "C",
            at timestamptz not null default now(),
            constraint an_entity_has_a_known_kind check (kind in ('brand', 'pass', 'release', 'collectible')),
            constraint a_change_changes check (status is distinct from status_before),
            constraint an_entity_has_its_history_in_order primary key (tenant, kind, entity_id, id)
        );

        -- The number that was noted last: the row is what two who change it at once wait for.
        create table entity_states (
            tenant text not null,
            kind text not null,
            entity_id text not null,
            status smallint not null,
            constraint an_entity_has_one_state primary key (tenant, kind, entity_id)
        );

        -- `unless_from`: not where the number is that or more already.
        create function note_entity(
            of_tenant text, of_kind text, of_id text, to_status int, because text, by_operation text, unless_from int default null)
        returns boolean language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
            declare
                before smallint;
            begin
                select s.status into before from entity_states s
                where s.tenant = of_tenant and s.kind = of_kind and s.entity_id = of_id for update;
                if not found then
                    insert into entity_states values (of_tenant, of_kind, of_id, to_status) on conflict do nothing;
                    if not found then
                        -- Somebody was first, and has committed.
                        return note_entity(of_tenant, of_kind, of_id, to_status, because, by_operation, unless_from);
                    end if;
                elsif before = to_status or before >= unless_from then
                    return false;
                else
                    update entity_states s set status = to_status
                    where s.tenant = of_tenant and s.kind = of_kind and s.entity_id = of_id;
                end if;
                insert into entity_history (tenant, kind, entity_id, status, status_before, reason, operation_id)
                values (of_tenant, of_kind, of_id, to_status, before, because, by_operation);
                insert into outbox (tenant, topic, key, body)
                values (of_tenant, 'entity.changed', of_kind || '/' || of_id,
                    jsonb_build_object('kind', of_kind, 'id', of_id, 'status', to_status, 'status_before', before, 'reason', because));
                return true;
            end $$;

        -- What became of entities' items, to be noted by the bridge: whoever finishes thousands of them does no more than say so.
        create table entity_changes (
            id bigint generated always as identity primary key,
            recipe text not null,
            entity_id text not null,
            state text not null,
            reason text,
            operation_id text collate "C" not null
        );
        create function note_entity_item() returns trigger language plpgsql as $$
            begin
                insert into entity_changes (recipe, entity_id, state, reason, operation_id)
                values (new.recipe, new.item_key, new.state, new.reason, new.operation_id);
                return null;
            end $$;
        create trigger note_new_entity after insert on operation_items
            for each row when (new.recipe in ('create_brands', 'create_passes', 'schedule_release', 'create_collectibles'))
            execute function note_entity_item();
        create trigger note_entity after update of state on operation_items
            for each row when (new.recipe in ('create_brands', 'create_passes', 'schedule_release', 'create_collectibles')
                and new.state is distinct from old.state and new.state in ('done', 'rejected', 'failed', 'cancelled', 'queued'))
            execute function note_entity_item();

        do $views$
        declare
            own text := current_schema();
            api text := current_schema() || '_api';
        begin
            execute format($v$create view %I.entity_history with (security_barrier) as
                select id, kind, entity_id, status, status_before, reason, operation_id, at
                from %I.entity_history where tenant = %2$I.tenant_of_session()$v$, api, own);
        end $views$;
        """#

    private static let opsDown =
        Migration.refuseToLose("paused_parts") + #"""
            do $views$ begin
                execute format('drop view %I.entity_history', current_schema() || '_api');
            end $views$;
            drop trigger note_entity on operation_items;
            drop trigger note_new_entity on operation_items;
            drop function note_entity_item, note_entity;
            drop table entity_changes, entity_states, entity_history, listing_drifts, paused_parts;
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
            alter table operations drop column traceparent;
            alter table outbox drop column traceparent;
            """#
}
