import Postgres

/// The platform's own things with the platform's own status numbers, as what was asked and what the chain said make them at
/// any moment: views, so that no number can lag behind. `…_api` has the same, of the session's tenant alone.
extension Schema {
    static let v0007Entities = Migration(version: 7, name: "v0007_entities", up: entitiesUp, down: entitiesDown)

    private static let entitiesUp = #"""
        create index operation_items_entities on operation_items (recipe, item_key)
            where recipe in ('create_brands', 'create_passes', 'schedule_release', 'create_collectibles');

        -- Asked for more than once, what was done counts; else the newest.
        create view entity_items as
            select distinct on (o.tenant, i.recipe, i.item_key) o.tenant, i.recipe, i.item_key as id, i.state, i.reason,
                i.height, i.operation_id, i.arguments
            from operation_items i join operations o on o.id = i.operation_id
            where i.recipe in ('create_brands', 'create_passes', 'schedule_release', 'create_collectibles')
            order by o.tenant, i.recipe, i.item_key, (i.state = 'done') desc, i.updated_at desc;

        -- DRAFT 0 (not registered, with the reason), APPROVING 1, APPROVED 2.
        create view brands as
            select tenant, id as brand_id, arguments #>> '{createBrand,name}' as name,
                case when state = 'done' then 2 when state in ('rejected', 'failed', 'cancelled') then 0 else 1 end as status,
                reason, height, operation_id
            from entity_items where recipe = 'create_brands';

        -- DRAFT 0, PUBLISHING 1, PUBLISHED 2.
        create view passes as
            select tenant, id as pass_id, arguments #>> '{createPass,brandID}' as brand_id,
                arguments #>> '{createPass,name}' as name,
                case when state = 'done' then 2 when state in ('rejected', 'failed', 'cancelled') then 0 else 1 end as status,
                reason, height, operation_id
            from entity_items where recipe = 'create_passes';

        -- DRAFT 0, SCHEDULING 1, SCHEDULED 2, ON_SALE 3 from its start on, SALE_ENDED 4 from its end on.
        create view releases as
            select tenant, id as release_id, arguments #>> '{scheduleRelease,passID}' as pass_id,
                (arguments #>> '{scheduleRelease,supply}')::numeric as supply,
                (arguments #>> '{scheduleRelease,price}')::numeric / 100000000 as price, starts_at, ends_at,
                case when state in ('rejected', 'failed', 'cancelled') then 0 when state <> 'done' then 1
                    when ends_at <= now() then 4 when starts_at <= now() then 3 else 2 end as status,
                reason, height, operation_id
            from entity_items
            cross join lateral (select
                to_timestamp((arguments #>> '{scheduleRelease,startsAt}')::numeric / 1000) as starts_at,
                to_timestamp((arguments #>> '{scheduleRelease,endsAt}')::numeric / 1000) as ends_at) times
            where recipe = 'schedule_release';

        -- DRAFT 0, PUBLISHING 1, PUBLISHED 2; with a drop table SCHEDULED 3, STARTED 4 once a row is picked, COMPLETED 5 once all ended.
        create view collectibles as
            select e.tenant, e.id as collectible_id, e.arguments #>> '{createCollectible,passID}' as pass_id,
                e.arguments #>> '{createCollectible,name}' as name,
                case when e.state in ('rejected', 'failed', 'cancelled') then 0 when e.state <> 'done' then 1
                    when d.rows is null or d.rows = 0 then 2 when d.picked = 0 then 3 when d.ended < d.rows then 4 else 5 end as status,
                e.reason, e.height, e.operation_id
            from entity_items e
            left join lateral (
                select count(*) as rows, count(*) filter (where status > 0) as picked,
                    count(*) filter (where status in (3, 4)) as ended
                from drops r where r.tenant = e.tenant and r.subject_id = e.id and r.kind = 'collectible') d on true
            where e.recipe = 'create_collectibles';

        -- MINTED 1, CLAIMED 2, BURN 3. Of releases that the tenant asked for.
        create view release_tokens as
            select r.tenant, t.token_id, r.release_id, r.pass_id, t.serial,
                case when t.destroyed_height is not null then 3 when c.token_id is not null then 2 else 1 end as status,
                s.owner_kind, s.owner, t.minted_height
            from tokens t join releases r on r.release_id = t.release_id
            left join claims c on c.token_type = t.token_type and c.token_id = t.token_id
            left join token_owners s on s.token_type = t.token_type and s.token_id = int64(t.token_id);

        do $views$
        declare
            own text := current_schema();
            api text := current_schema() || '_api';
            pair text[];
        begin
            foreach pair slice 1 in array array[
                ['brands', 'brand_id, name, status, reason, height, operation_id'],
                ['passes', 'pass_id, brand_id, name, status, reason, height, operation_id'],
                ['releases', 'release_id, pass_id, supply, price, starts_at, ends_at, status, reason, height, operation_id'],
                ['collectibles', 'collectible_id, pass_id, name, status, reason, height, operation_id'],
                ['release_tokens', 'token_id, release_id, pass_id, serial, status, owner_kind, owner, minted_height']]
            loop
                execute format('create view %I.%I with (security_barrier) as select %s from %I.%I where tenant = %I.tenant_of_session()',
                    api, pair[1], pair[2], own, pair[1], own);
            end loop;
        end $views$;
        """#

    private static let entitiesDown = #"""
        do $views$
        declare
            name text;
        begin
            foreach name in array array['brands', 'passes', 'releases', 'collectibles', 'release_tokens'] loop
                execute format('drop view %I.%I', current_schema() || '_api', name);
            end loop;
        end $views$;
        drop view release_tokens, collectibles, releases, passes, brands, entity_items;
        drop index operation_items_entities;
        """#
}
