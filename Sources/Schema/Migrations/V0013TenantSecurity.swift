import Postgres

/// What keeps tenants apart below the program: row-level security. Who owns the tables is not bound by it; requests of tenants' tokens
/// run as a role of their own, with the tenant set in their transaction (`weir.tenant`).
extension Schema {
    static let v0013TenantSecurity = Migration(
        version: 13, name: "v0013_tenant_security", up: tenantSecurityUp, down: tenantSecurityDown)

    private static let tenantSecurityUp = #"""
        do $policies$
        declare
            own regnamespace := current_schema()::regnamespace;
            name text;
        begin
            for name in
                select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant'
                where c.relnamespace = own and c.relkind = 'r'
            loop
                execute format('alter table %I enable row level security', name);
                execute format($p$create policy one_tenant on %I using (tenant = current_setting('weir.tenant', true))$p$, name);
            end loop;
        end $policies$;
        -- What hangs on a tenant's row is seen by who sees that.
        alter table webhook_deliveries enable row level security;
        create policy one_tenant on webhook_deliveries
            using (exists (select from webhook_endpoints e where e.id = webhook_deliveries.endpoint_id));
        alter table slot_items enable row level security;
        create policy one_tenant on slot_items
            using (exists (select from operations o where o.id = slot_items.operation_id));
        alter table campaign_waves enable row level security;
        create policy one_tenant on campaign_waves
            using (exists (select from campaigns c where c.id = campaign_waves.campaign_id));
        alter table operation_history enable row level security;
        create policy one_tenant on operation_history
            using (exists (select from operations o where o.id = operation_history.operation_id));

        -- Its chain runs through all tenants.
        alter function add_to_audit(text, text, text, text, jsonb, jsonb) security definer set search_path from current;

        -- Views are their owner's, whom policies do not bind: they ask by themselves. (As their reader's they could not stand under
        -- weir_api's.)
        create function is_seen(of_tenant text) returns boolean language sql stable as $$
            select current_user::text not like '%\_tenant\_requests\_%' or of_tenant = current_setting('weir.tenant', true)
        $$;
        do $views$
        declare
            name text;
        begin
            for name in
                select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant'
                where c.relnamespace = current_schema()::regnamespace and c.relkind = 'v'
            loop
                execute format('create or replace view %I as select * from (%s) of_all where is_seen(tenant)', name,
                    rtrim(pg_get_viewdef(name::regclass), ';'));
            end loop;
        end $views$;

        -- The role of tenants' requests, with what it needs; null where this user may not make one (CREATEROLE). Called again and
        -- again: tables that were made since are its too.
        create function secure_tenants() returns text language plpgsql set search_path from current as $$
            declare
                own text := current_schema();
                api text := current_schema() || '_api';
                tenants text := format('%s_tenant_requests_%s', current_schema(), (select oid from pg_database where datname = current_database()));
            begin
                perform pg_advisory_xact_lock(hashtext('weir_secure_tenants'));
                if not exists (select from pg_roles where rolname = tenants) then
                    begin
                        execute format('create role %I nologin', tenants);
                        execute format('grant %I to current_user', tenants);
                    exception
                        when insufficient_privilege then return null;
                        -- Roles are the server's: another database's program was first.
                        when duplicate_object or unique_violation then null;
                    end;
                end if;
                if not pg_has_role(current_user, tenants, 'member') then return null; end if;
                if exists (select from pg_class c where c.relnamespace = own::regnamespace and c.relkind in ('r', 'v', 'p')
                    and not has_table_privilege(tenants, c.oid, 'insert'))
                then
                    execute format('grant usage on schema %I, %I to %I', own, api, tenants);
                    execute format('grant select, insert, update, delete on all tables in schema %I to %I', own, tenants);
                    execute format('grant select on all tables in schema %I to %I', api, tenants);
                    execute format('grant usage, select on all sequences in schema %I to %I', own, tenants);
                    execute format('grant execute on all functions in schema %I, %I to %I', own, api, tenants);
                end if;
                return tenants;
            exception
                -- Of tables that are another user's.
                when insufficient_privilege then return null;
            end $$;
        """#

    private static let tenantSecurityDown = #"""
        do $role$
        declare
            tenants text := format('%s_tenant_requests_%s', current_schema(), (select oid from pg_database where datname = current_database()));
        begin
            if exists (select from pg_roles where rolname = tenants) then
                execute format('drop owned by %I', tenants);
                execute format('drop role %I', tenants);
            end if;
        end $role$;
        drop function secure_tenants;
        do $views$
        declare
            name text;
        begin
            for name in
                select c.relname from pg_class c
                where c.relnamespace = current_schema()::regnamespace and c.relkind = 'v' and pg_get_viewdef(c.oid) like '%) of_all%'
            loop
                execute format('create or replace view %I as %s', name,
                    regexp_replace(pg_get_viewdef(name::regclass), '^.*?FROM \((.*)\) of_all\s+WHERE .*$', '\1'));
            end loop;
        end $views$;
        drop function is_seen;
        do $policies$
        declare
            name text;
        begin
            for name in select tablename from pg_policies where schemaname = current_schema() and policyname = 'one_tenant' loop
                execute format('drop policy one_tenant on %I', name);
                execute format('alter table %I disable row level security', name);
            end loop;
        end $policies$;
        alter function add_to_audit(text, text, text, text, jsonb, jsonb) security invoker reset search_path;
        """#
}
