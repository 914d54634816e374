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
            id bigint generated always as identity primary key,
            tenant text not null,
            kind text not null,
            entity_id text not null,
            status smallint not null,
            status_before smallint,
            reason text,
            operation_id text collate "C",
            at timestamptz not null default now(),
            constraint an_entity_has_a_known_kind check (kind in ('brand', 'pass', 'release', 'collectible')),
            constraint a_change_changes check (status is distinct from status_before)
        );
        create index entity_history_by_entity on entity_history (tenant, kind, entity_id, id);

        create function note_entity(of_tenant text, of_kind text, of_id text, to_status int, because text, by_operation text)
        returns boolean language plpgsql as $$
            declare
                before smallint;
            begin
                -- Two at once would both come from the same number.
                perform pg_advisory_xact_lock(hashtextextended(of_kind || '/' || of_tenant || '/' || of_id, 7211));
                select status into before from entity_history
                where tenant = of_tenant and kind = of_kind and entity_id = of_id order by id desc limit 1;
                if before is not distinct from to_status then return false; end if;
                insert into entity_history (tenant, kind, entity_id, status, status_before, reason, operation_id)
                values (of_tenant, of_kind, of_id, to_status, before, because, by_operation);
                insert into outbox (tenant, topic, key, body)
                values (of_tenant, 'entity.changed', of_kind || '/' || of_id,
                    jsonb_build_object('kind', of_kind, 'id', of_id, 'status', to_status, 'status_before', before, 'reason', because));
                return true;
            end $$;

        -- What is registered stays so, whatever a later attempt comes to.
        create function note_entity_item() returns trigger language plpgsql as $$
            declare
                of_tenant text;
                of_kind text := case new.recipe when 'create_brands' then 'brand' when 'create_passes' then 'pass'
                    when 'schedule_release' then 'release' else 'collectible' end;
                to_status int := case when new.state = 'done' then 2 when new.state in ('rejected', 'failed', 'cancelled') then 0 else 1 end;
                now_status smallint;
            begin
                if tg_op = 'UPDATE' then
                    if to_status = (case when old.state = 'done' then 2 when old.state in ('rejected', 'failed', 'cancelled') then 0 else 1 end)
                    then return null; end if;
                end if;
                select tenant into of_tenant from operations where id = new.operation_id;
                select status into now_status from entity_history
                where tenant = of_tenant and kind = of_kind and entity_id = new.item_key order by id desc limit 1;
                if coalesce(now_status, 0) < 2 then
                    perform note_entity(of_tenant, of_kind, new.item_key, to_status,
                        case when to_status = 0 then new.reason end, new.operation_id);
                end if;
                return null;
            end $$;
        create trigger note_new_entity after insert on operation_items
            for each row when (new.recipe in ('create_brands', 'create_passes', 'schedule_release', 'create_collectibles'))
            execute function note_entity_item();
        create trigger note_entity after update of state on operation_items
            for each row when (new.recipe in ('create_brands', 'create_passes', 'schedule_release', 'create_collectibles')
                and new.state is distinct from old.state)
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
            drop table entity_history, listing_drifts, paused_parts;
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
