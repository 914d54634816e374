import Postgres

/// Campaigns: recipients who are asked about first, and sent to in waves that can be paused.
extension Schema {
    static let v0009Campaigns = Migration(version: 9, name: "v0009_campaigns", up: campaignsUp, down: campaignsDown)

    private static let campaignsUp = #"""
        create table campaigns (
            id bigint generated always as identity,
            tenant text not null,
            name text not null,
            kind text not null,
            -- The release of a pass, or the collectible.
            subject_id text not null,
            -- For who is not ready: left out, or the holder's locker where one is named.
            fallback text not null default 'skip',
            priority smallint not null default 0,
            -- In FLOW, scaled by 1e8. Null: as much as it takes.
            budget bigint,
            state text not null default 'draft',
            -- Why it is paused, or can't be planned just now.
            reason text,
            starts_at timestamptz,
            -- Its waves are the runs of a schedule.
            by_schedule boolean not null default false,
            -- The height at which the chain was asked last who is ready.
            asked_height bigint,
            -- A process that asks holds it until then.
            asking_until timestamptz,
            started_at timestamptz,
            ended_at timestamptz,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            constraint a_campaign_has_one_name primary key (tenant, name),
            constraint a_campaign_has_one_id unique (id),
            constraint a_campaign_is_of_a_pass_or_a_collectible check (kind in ('pass', 'collectible')),
            constraint a_campaign_has_a_known_fallback check (fallback in ('skip', 'locker')),
            constraint a_campaign_has_a_known_state check (state in
                ('draft', 'planning', 'planned', 'scheduled', 'running', 'paused', 'finished', 'aborted')),
            constraint a_scheduled_campaign_has_a_start check (state <> 'scheduled' or starts_at is not null),
            constraint a_budget_is_positive check (budget > 0)
        );
        create index campaigns_under_way on campaigns (id)
            where state in ('planning', 'scheduled', 'running', 'paused', 'aborted');

        -- The operations that carry a campaign out.
        create table campaign_waves (
            campaign_id bigint not null references campaigns (id) on delete cascade,
            operation_id text collate "C" not null,
            constraint a_wave_is_one_operation primary key (campaign_id, operation_id)
        );

        alter table drop_rows
            add column campaign text,
            -- Null: not asked. ready: as it is; locker: the account can't take it, the locker will; skip: nobody can.
            add column readiness text,
            add column readiness_reason text,
            add constraint a_row_is_of_a_campaign foreign key (tenant, campaign) references campaigns (tenant, name) on delete cascade,
            add constraint readiness_is_known check (readiness in ('ready', 'locker', 'skip')),
            add constraint who_is_left_out_is_told_why check (readiness <> 'skip' or readiness_reason is not null);
        drop index drop_rows_due;
        create index drop_rows_due on drop_rows (tenant, kind, drop_at, drop_id) where operation_id is null and campaign is null;
        create index drop_rows_by_campaign on drop_rows (tenant, campaign, drop_id) where campaign is not null;
        create index drop_rows_to_ask on drop_rows (tenant, campaign, drop_id)
            where campaign is not null and readiness is null and operation_id is null;
        create index drop_rows_to_send on drop_rows (tenant, campaign, drop_id)
            where campaign is not null and operation_id is null and (readiness is null or readiness <> 'skip');

        create view campaign_recipients as
            select r.tenant, r.campaign, r.drop_id, r.address, r.holder, r.readiness,
                case when i.state = 'done' then 'delivered' when i.state in ('rejected', 'failed', 'cancelled') then 'failed'
                    when i.state = 'unproven' then 'unproven' when r.operation_id is not null then 'sending'
                    when r.readiness = 'skip' then 'skipped' when c.state = 'aborted' then 'cancelled' else 'pending' end as state,
                case when r.operation_id is null then r.readiness_reason else i.reason end as reason,
                r.operation_id, i.token_id, encode(i.transaction_id, 'hex') as transaction_id, i.height
            from drop_rows r
            join campaigns c on c.tenant = r.tenant and c.name = r.campaign
            left join operation_items i on i.operation_id = r.operation_id and i.ordinal = r.ordinal;

        do $views$
        declare
            own text := current_schema();
            api text := current_schema() || '_api';
        begin
            execute format($v$create view %I.campaigns with (security_barrier) as
                select name, kind, subject_id, fallback, priority, budget::numeric / 100000000 as budget, state, reason, starts_at,
                    by_schedule, asked_height, started_at, ended_at, created_at, updated_at
                from %I.campaigns where tenant = %2$I.tenant_of_session()$v$, api, own);
            execute format($v$create view %I.campaign_recipients with (security_barrier) as
                select campaign, drop_id, address, holder, readiness, state, reason, operation_id, token_id, transaction_id, height
                from %I.campaign_recipients where tenant = %2$I.tenant_of_session()$v$, api, own);
        end $views$;
        """#

    private static let campaignsDown =
        Migration.refuseToLose("campaigns") + #"""
            do $views$ begin
                execute format('drop view %I.campaign_recipients, %1$I.campaigns', current_schema() || '_api');
            end $views$;
            drop view campaign_recipients;
            drop index drop_rows_to_send, drop_rows_to_ask, drop_rows_by_campaign, drop_rows_due;
            alter table drop_rows drop column campaign, drop column readiness, drop column readiness_reason;
            create index drop_rows_due on drop_rows (tenant, kind, drop_at, drop_id) where operation_id is null;
            drop table campaign_waves, campaigns;
            """#
}
