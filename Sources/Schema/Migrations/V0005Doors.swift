import Postgres

/// Who may come in: tokens of tenants over HTTP, roles of Postgres over SQL. What the platform sees of Weir in SQL is in a
/// schema of its own, named as this one with `_api` behind it.
extension Schema {
    static let v0005Doors = Migration(version: 5, name: "v0005_doors", up: doorsUp + viewsUp, down: doorsDown)

    private static let doorsUp = #"""
        create table tokens_of_access (
            id text primary key,
            tenant text not null,
            name text not null,
            scopes text[] not null,
            -- SHA-256: the token itself is shown once and kept nowhere.
            digest bytea not null,
            requests_per_second integer,
            created_at timestamptz not null default now(),
            expires_at timestamptz,
            revoked_at timestamptz,
            constraint a_token_is_one_secret unique (digest),
            constraint a_token_has_known_scopes check (scopes <@ array['enqueue', 'read', 'ops', 'admin'] and scopes <> '{}'),
            constraint a_token_may_ask_once_a_second check (requests_per_second >= 1)
        );
        create function tell_of_tokens() returns trigger language plpgsql as $$
            begin
                perform pg_notify('weir_tokens', '');
                return null;
            end $$;
        create trigger tell_of_tokens after insert or update or delete on tokens_of_access
            for each statement execute function tell_of_tokens();

        -- Whose words the roles of Postgres speak: `weir sql grant`.
        create table tenant_roles (
            role name primary key,
            tenant text not null
        );

        create function tenant_of_session() returns text language sql stable security definer set search_path from current as $$
            select tenant from tenant_roles where role = session_user
        $$;

        -- What payloads look like, in JSON Schema: written by the program, the same as /openapi.json says.
        create table operation_schemas (
            type text primary key,
            schema jsonb not null,
            -- The same for a payload of plain fields, all required, where looking takes no walk: which, and what they must be.
            fields text[],
            fits jsonpath
        );

        -- What was asked inside the platform's own transactions. No constraint here can make one wait for another; what is
        -- wrong with a row is told by the outbox when it is taken in.
        create table inbox (
            id bigint generated always as identity primary key,
            tenant text not null,
            type text not null,
            payload jsonb not null,
            key text not null,
            priority smallint not null default 0,
            not_before_at timestamptz,
            created_at timestamptz not null default now()
        );

        -- The first rule of the schema that the value breaks; null where it keeps all that is looked at. Of a long list
        -- only the beginning is looked at here: all of it is when it is taken in.
        create function schema_fault(schema jsonb, value jsonb, path text) returns text language plpgsql immutable as $$
            declare
                fault text;
                first_fault text;
                kinds jsonb := schema -> 'type';
                kind text := jsonb_typeof(value);
                name text;
                branch jsonb;
                element jsonb;
                place integer := 0;
            begin
                if schema ? 'oneOf' then
                    for branch in select jsonb_array_elements(schema -> 'oneOf') loop
                        fault := schema_fault(branch, value, path);
                        if fault is null then return null; end if;
                        first_fault := coalesce(first_fault, fault);
                    end loop;
                    return first_fault;
                end if;
                if kinds is not null then
                    if kind = 'number' and value::text ~ '^-?[0-9]+$' then kind := 'integer'; end if;
                    if not (kinds @> to_jsonb(kind) or kind = 'integer' and kinds @> '"number"') then
                        return path || ' must be ' || (select string_agg(k, ' or ') from jsonb_array_elements_text(
                            case jsonb_typeof(kinds) when 'array' then kinds else jsonb_build_array(kinds) end) k);
                    end if;
                end if;
                if schema ? 'pattern' and kind = 'string' and value #>> '{}' !~ (schema ->> 'pattern') then
                    return path || ' must match ' || (schema ->> 'pattern');
                end if;
                if schema ? 'enum' and not schema -> 'enum' @> value then
                    return path || ' must be one of ' || (schema ->> 'enum');
                end if;
                if kind = 'object' then
                    for name in select jsonb_array_elements_text(schema -> 'required') loop
                        if not value ? name or value -> name = 'null' then return path || '.' || name || ' is required'; end if;
                    end loop;
                    for name in select jsonb_object_keys(value) loop
                        if not coalesce(schema -> 'properties', '{}') ? name then
                            if schema -> 'additionalProperties' = 'false' then
                                return path || '.' || name || ' is not a field of this payload';
                            end if;
                        elsif value -> name <> 'null' then
                            fault := schema_fault(schema -> 'properties' -> name, value -> name, path || '.' || name);
                            if fault is not null then return fault; end if;
                        end if;
                    end loop;
                elsif kind = 'array' then
                    if jsonb_array_length(value) < coalesce((schema ->> 'minItems')::integer, 0) then
                        return path || ' must have an entry';
                    end if;
                    for element in select jsonb_array_elements(value) limit 20 loop
                        fault := schema_fault(schema -> 'items', element, path || '[' || place || ']');
                        if fault is not null then return fault; end if;
                        place := place + 1;
                    end loop;
                end if;
                return null;
            end $$;

        -- The platform's door. It exists if and only if the transaction does.
        create function enqueue(type text, payload jsonb, key text, priority integer default 0, not_before timestamptz default null)
            returns bigint language plpgsql security definer set search_path from current as $$
            declare
                door record;
                fault text;
                ticket bigint;
            begin
                select r.tenant, s.type, s.schema, s.fields, s.fits into door
                from tenant_roles r left join operation_schemas s on s.type = enqueue.type where r.role = session_user;
                if door.tenant is null then
                    raise exception 'role % is no tenant''s', session_user
                        using errcode = 'insufficient_privilege', hint = 'weir sql grant ROLE --tenant TENANT';
                end if;
                if (payload ?& door.fields and payload - door.fields = '{}' and payload @@ door.fits
                    and octet_length(key) between 1 and 255 and priority between 0 and 100) is not true
                then
                    fault := case
                        when door.type is null then 'type is not an operation type'
                        when payload is null then 'payload is required'
                        when key is null or octet_length(key) not between 1 and 255 then 'key must have 1 to 255 bytes'
                        when priority is null or priority not between 0 and 100 then 'priority must be from 0 to 100'
                        else schema_fault(door.schema, payload, 'payload') end;
                    if fault is not null then
                        raise exception '%', fault using errcode = 'check_violation', hint = 'GET /openapi.json has the schemas';
                    end if;
                end if;
                insert into inbox (tenant, type, payload, key, priority, not_before_at)
                values (door.tenant, enqueue.type, enqueue.payload, enqueue.key, enqueue.priority, enqueue.not_before)
                returning id into ticket;
                return ticket;
            end $$;
        revoke all on function enqueue(text, jsonb, text, integer, timestamptz) from public;
        revoke all on function tenant_of_session() from public;

        """#

    /// Run with the search_path on Weir's own schema; the other one's name follows from it.
    private static let viewsUp = #"""
        -- SCHEDULED 0, PICKED 1, DROPPING 2, DROPPED 3, FAILED 4: as what carries a row out says at this moment.
        create view drops as
            select r.tenant, r.drop_id, r.kind, r.subject_id, r.address, r.holder, r.drop_at, r.operation_id, i.reason, i.token_id,
                case when r.operation_id is null then 0 when i.state in ('waiting', 'scheduled', 'queued') then 1
                    when i.state = 'done' then 3 when i.state in ('rejected', 'failed', 'cancelled') then 4 else 2 end as status
            from drop_rows r
            left join operation_items i on i.operation_id = r.operation_id and i.ordinal = r.ordinal;

        do $views$
        declare
            own text := current_schema();
            api text := current_schema() || '_api';
        begin
            execute format('create schema if not exists %I', api);
            execute format($v$create view %I.operations with (security_barrier) as
                select id, type, idempotency_key as key, state, outcome, reason, priority, not_before_at, attempts as transactions,
                    items_total, items_done, items_rejected, items_failed, items_cancelled, created_at, updated_at, finished_at
                from %I.operations where tenant = %2$I.tenant_of_session()$v$, api, own);
            execute format($v$create view %I.items with (security_barrier) as
                select i.operation_id, i.ordinal, i.recipe, i.item_key as key, i.state, i.reason, i.token_id,
                    encode(i.transaction_id, 'hex') as transaction_id, i.height
                from %I.operation_items i join %2$I.operations o on o.id = i.operation_id
                where o.tenant = %2$I.tenant_of_session()$v$, api, own);
            execute format($v$create view %I.outbox with (security_barrier) as
                select id, topic, key, body, created_at from %I.outbox where tenant = %2$I.tenant_of_session()$v$, api, own);
            execute format($v$create view %I.drops with (security_barrier) as
                select drop_id, kind, subject_id, address, holder, drop_at, operation_id, reason, token_id, status
                from %I.drops where tenant = %2$I.tenant_of_session()$v$, api, own);
            execute format($v$create view %I.purchases with (security_barrier) as
                select purchase_id, token_id, price, seller, buyer, holder, encode(transaction_id, 'hex') as transaction_id,
                    locked_until, state, reason, operation_id, settled_height
                from %I.purchases where tenant = %2$I.tenant_of_session()$v$, api, own);
            execute format($v$create view %I.schedules with (security_barrier) as
                select name, type, payload, cron, rrule, time_zone, is_on, next_run_at, trouble
                from %I.schedules where tenant = %2$I.tenant_of_session()$v$, api, own);
        end $views$;
        """#

    private static let doorsDown =
        Migration.refuseToLose("tokens_of_access", "tenant_roles", "inbox") + #"""
            do $views$ begin
                execute format('drop schema %I cascade', current_schema() || '_api');
            end $views$;
            drop view drops;
            drop function enqueue, schema_fault, tenant_of_session;
            drop table inbox, operation_schemas, tenant_roles, tokens_of_access;
            drop function tell_of_tokens;
            """#
}
