import Postgres

/// How drops and tokens came to their numbers, as what is written anyway says it: views, which cost nobody anything.
extension Schema {
    static let v0012Histories = Migration(version: 12, name: "v0012_histories", up: historiesUp, down: historiesDown)

    private static let historiesUp = #"""
        alter table paused_parts drop constraint a_paused_part_is_known,
            add constraint a_paused_part_is_known
                check (part in ('ingest', 'submit', 'schedules', 'sweeps', 'inbox', 'campaigns', 'webhooks'));

        -- SCHEDULED 0 as it is told, PICKED 1 with the operation that carries it out, DROPPING 2 with each signature, DROPPED 3 or
        -- FAILED 4 as that ended.
        create view drop_history as
            select r.tenant, r.drop_id, r.kind, r.subject_id, h.at, h.status, h.reason, r.operation_id, h.transaction_id
            from drop_rows r
            left join operation_items i on i.operation_id = r.operation_id and i.ordinal = r.ordinal
            cross join lateral (
                select r.created_at as at, 0 as status, null::text as reason, null::text as transaction_id
                union all
                select o.created_at, 1, null, null from operations o where o.id = r.operation_id
                union all
                select a.created_at, 2, null, encode(a.transaction_id, 'hex')
                from slot_items s join attempts a on a.slot_id = s.slot_id
                where s.operation_id = r.operation_id and s.ordinal = r.ordinal
                union all
                select i.updated_at, case i.state when 'done' then 3 else 4 end, i.reason, encode(i.transaction_id, 'hex')
                where i.state in ('done', 'rejected', 'failed', 'cancelled')) h;

        -- MINTED 1, CLAIMED 2, BURN 3, each at its block. Of releases that the tenant asked for.
        create view token_history as
            select r.tenant, t.token_id, r.release_id, h.height, b.produced_at as at, h.status
            from tokens t join releases r on r.release_id = t.release_id
            cross join lateral (
                select t.minted_height as height, 1 as status
                union all
                select c.height, 2 from claims c where c.token_type = t.token_type and c.token_id = t.token_id
                union all
                select t.destroyed_height, 3 where t.destroyed_height is not null) h
            left join blocks b on b.height = h.height;

        do $views$
        declare
            own text := current_schema();
            api text := current_schema() || '_api';
        begin
            execute format($v$create view %I.drop_history with (security_barrier) as
                select drop_id, kind, subject_id, at, status, reason, operation_id, transaction_id
                from %I.drop_history where tenant = %2$I.tenant_of_session()$v$, api, own);
            execute format($v$create view %I.token_history with (security_barrier) as
                select token_id, release_id, height, at, status
                from %I.token_history where tenant = %2$I.tenant_of_session()$v$, api, own);
        end $views$;
        """#

    private static let historiesDown = #"""
        do $views$ begin
            execute format('drop view %I.token_history, %1$I.drop_history', current_schema() || '_api');
        end $views$;
        drop view token_history, drop_history;
        delete from paused_parts where part = 'ingest';
        alter table paused_parts drop constraint a_paused_part_is_known,
            add constraint a_paused_part_is_known
                check (part in ('submit', 'schedules', 'sweeps', 'inbox', 'campaigns', 'webhooks'));
        """#
}
