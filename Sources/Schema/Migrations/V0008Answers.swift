import Postgres

/// Who owns what, asked in SQL: the same answers as /v1/ownership gives, in one call, each with the block it holds for. They
/// lie in `…_api`, beside the views, and never say "nobody" where nobody can know.
extension Schema {
    static let v0008Answers = Migration(version: 8, name: "v0008_answers", up: answersUp, down: answersDown)

    private static let answersUp = #"""
        -- The block that a question is about: the last one indexed, or an earlier one.
        create function block_of_answer(asked bigint, out height bigint, out block_id text, out block_time timestamptz)
            language plpgsql stable as $$
            declare
                indexed bigint;
                start bigint;
            begin
                select c.height, c.start_height into indexed, start from ingest_cursors c where c.name = 'chain';
                if indexed is null then
                    raise exception 'nothing has been indexed yet' using errcode = 'object_not_in_prerequisite_state';
                end if;
                if asked > indexed then
                    raise exception 'the index stands at %', indexed using errcode = 'object_not_in_prerequisite_state';
                end if;
                if asked < start then
                    raise exception 'the index begins at %', start using errcode = 'object_not_in_prerequisite_state';
                end if;
                select b.height, encode(b.id, 'hex'), b.produced_at into height, block_id, block_time
                from blocks b where b.height = coalesce(asked, indexed);
            end $$;

        -- What was not found may be there all the same: see the table coverage.
        create function check_covered(type text, at bigint) returns void language plpgsql stable as $$
            declare
                gap record;
            begin
                for gap in select c.track, c.from_height from coverage c
                    where (type is null and c.track like 'A.%.%.%' and c.track not like '%.Vault' or c.track = type)
                        and (c.since_height is null or c.from_height > c.since_height or c.until_height < at)
                loop
                    raise exception '% is indexed from height % on: what came before is not known', gap.track, gap.from_height
                        using errcode = 'object_not_in_prerequisite_state', hint = 'weir backfill fills it in';
                end loop;
            end $$;

        do $answers$
        declare
            own text := current_schema();
            api text := current_schema() || '_api';
        begin
            execute format($f$
                create function %1$I.owner_of(token_type text, token_id numeric, at_height bigint default null,
                    out owner_kind text, out owner text, out group_id text, out since_height bigint,
                    out height bigint, out block_id text, out block_time timestamptz)
                language plpgsql stable security definer set search_path = %2$I, pg_temp as $$
                begin
                    select * into height, block_id, block_time from block_of_answer(at_height);
                    select o.owner_kind, o.owner, o.group_id, o.from_height into owner_kind, owner, group_id, since_height
                    from token_owners o
                    where o.token_id = int64(owner_of.token_id) and o.token_type = owner_of.token_type and o.from_height <= owner_of.height;
                    if not found then
                        select h.owner_kind, h.owner, h.group_id, h.from_height into owner_kind, owner, group_id, since_height
                        from ownership_history h
                        where h.token_id = int64(owner_of.token_id) and h.token_type = owner_of.token_type
                            and h.from_height <= owner_of.height and h.to_height > owner_of.height;
                        if not found then perform check_covered(owner_of.token_type, owner_of.height); end if;
                    end if;
                end $$;

                create function %1$I.tokens_of(owner text, at_height bigint default null, owner_kind text default 'wallet')
                returns table (token_type text, token_id numeric, group_id text, since_height bigint, height bigint)
                language plpgsql stable security definer set search_path = %2$I, pg_temp as $$
                declare
                    block record;
                begin
                    select * into block from block_of_answer(at_height);
                    return query
                        select o.token_type, uint64(o.token_id), o.group_id, o.from_height, block.height from token_owners o
                        where o.owner_kind = tokens_of.owner_kind and o.owner = tokens_of.owner and o.from_height <= block.height
                        union all
                        select h.token_type, uint64(h.token_id), h.group_id, h.from_height, block.height from ownership_history h
                        where h.owner_kind = tokens_of.owner_kind and h.owner = tokens_of.owner
                            and h.from_height <= block.height and h.to_height > block.height
                        order by 1, 2;
                end $$;

                create function %1$I.holders_of(group_id text, minimum integer default 1, at_height bigint default null)
                returns table (owner_kind text, owner text, tokens bigint, height bigint)
                language plpgsql stable security definer set search_path = %2$I, pg_temp as $$
                declare
                    block record;
                begin
                    select * into block from block_of_answer(at_height);
                    perform check_covered((select t.token_type from tokens t where t.group_id = holders_of.group_id limit 1), block.height);
                    return query
                        select s.owner_kind, s.owner, count(*), block.height from (
                            select o.owner_kind, o.owner from token_owners o
                            where coalesce(o.group_id, o.token_type) = holders_of.group_id and o.from_height <= block.height
                            union all
                            select h.owner_kind, h.owner from ownership_history h
                            where coalesce(h.group_id, h.token_type) = holders_of.group_id and h.from_height <= block.height
                                and h.to_height > block.height) s
                        where s.owner_kind in ('wallet', 'locker')
                        group by s.owner_kind, s.owner having count(*) >= minimum order by 1, 2;
                end $$;

                -- The rights of these views are their owner's: the function below is the caller's own, and part of its statement.
                create view %1$I.index_position as
                    select c.height as indexed, c.start_height from %2$I.ingest_cursors c where c.name = 'chain';
                create view %1$I.blocks as select height, encode(id, 'hex') as id, produced_at from %2$I.blocks;
                create view %1$I.ownership as
                    select token_type, %2$I.uint64(token_id) as token_id, owner_kind, owner, coalesce(group_id, token_type) as group_id,
                        from_height, null::bigint as to_height from %2$I.token_owners
                    union all
                    select token_type, %2$I.uint64(token_id), owner_kind, owner, coalesce(group_id, token_type), from_height, to_height
                    from %2$I.ownership_history;

                create function %1$I.height_of_answer(asked bigint) returns bigint
                language plpgsql stable security definer set search_path = %2$I, pg_temp as $$
                begin
                    return (select height from block_of_answer(asked));
                end $$;
                create function %1$I.is_closed(group_id text, at bigint) returns boolean
                language plpgsql stable security definer set search_path = %2$I, pg_temp as $$
                begin
                    perform check_covered((select t.token_type from tokens t where t.group_id = is_closed.group_id limit 1), at);
                    return false;
                end $$;
                create function %1$I.refuse_address(address text) returns text language plpgsql immutable as $$
                begin
                    raise exception 'address must be 1 to 16 hex digits' using errcode = 'invalid_parameter_value';
                end $$;
                create function %1$I.wallet(address text) returns text language sql immutable as $$
                    select case when address ~ '^(0x)?[0-9a-fA-F]{1,16}$'
                        then lpad(lower(regexp_replace(address, '^0x', '')), 16, '0') else %1$I.refuse_address(address) end
                $$;

                create function %1$I.gate(group_id text, address text, minimum integer default 1, at_height bigint default null)
                returns table (open boolean, tokens bigint, height bigint, block_id text, block_time timestamptz)
                language sql stable as $$
                    select g.tokens >= $3 or %1$I.is_closed($1, p.height), g.tokens, p.height, b.id, b.produced_at
                    from (select coalesce(b.height, %1$I.height_of_answer($4)) as height
                        from %1$I.index_position i left join %1$I.blocks b on b.height = coalesce($4, i.indexed)) p
                    left join %1$I.blocks b on b.height = p.height
                    cross join lateral (
                        select count(*) as tokens from %1$I.ownership o
                        where o.group_id = $1 and o.owner_kind = 'wallet' and o.owner = %1$I.wallet($2)
                            and o.from_height <= p.height and (o.to_height is null or o.to_height > p.height)) g
                $$;
                $f$, api, own);
            execute format('revoke all on all functions in schema %I from public', api);
        end $answers$;
        """#

    private static let answersDown = #"""
        do $answers$
        declare
            name text;
        begin
            foreach name in array array['gate', 'wallet', 'refuse_address', 'is_closed', 'height_of_answer', 'owner_of', 'tokens_of', 'holders_of'] loop
                execute format('drop function %I.%I', current_schema() || '_api', name);
            end loop;
            foreach name in array array['ownership', 'blocks', 'index_position'] loop
                execute format('drop view %I.%I', current_schema() || '_api', name);
            end loop;
        end $answers$;
        drop function check_covered, block_of_answer;
        """#
}
