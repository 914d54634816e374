import Postgres

/// Whose wallet is whose, and who did what.
extension Schema {
    static let v0006Wallets = Migration(version: 6, name: "v0006_wallets", up: walletsUp, down: walletsDown)

    private static let walletsUp = #"""
        create table wallet_nonces (
            tenant text not null,
            -- SHA-256 of the nonce.
            digest bytea not null,
            person text not null,
            created_at timestamptz not null default now(),
            expires_at timestamptz not null,
            used_at timestamptz,
            constraint a_nonce_is_given_once primary key (tenant, digest)
        );
        create index wallet_nonces_by_age on wallet_nonces (expires_at);

        create table wallet_links (
            tenant text not null,
            address text not null,
            person text not null,
            linked_at timestamptz not null default now(),
            -- The sealed block whose keys proved it.
            proof_height bigint not null,
            constraint a_wallet_is_one_persons primary key (tenant, address)
        );
        create index wallet_links_by_person on wallet_links (tenant, person);

        -- People stand in the audit by a name that only this table can lead back to them: erasing a person forgets it, and the
        -- chain stays whole.
        create table audit_subjects (
            tenant text not null,
            person text not null,
            alias text not null default encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex'),
            constraint a_person_has_one_alias primary key (tenant, person)
        );

        create table audit (
            id bigint primary key,
            at timestamptz not null,
            tenant text not null,
            -- Who asked: a token's id, or what part of the daemon.
            actor text not null,
            action text not null,
            subject text not null,
            before jsonb,
            after jsonb,
            previous bytea not null,
            digest bytea not null
        );
        create index audit_by_tenant on audit (tenant, id);

        create function audit_digest(previous bytea, id bigint, at timestamptz, tenant text, actor text, action text, subject text,
            before jsonb, after jsonb) returns bytea language sql immutable as $$
            select sha256(previous || convert_to(jsonb_build_array(id, extract(epoch from at)::text, tenant, actor, action, subject,
                before, after)::text, 'UTF8'))
        $$;

        -- One after another: each entry holds the digest of the one before.
        create function add_to_audit(tenant text, actor text, action text, subject text, before jsonb, after jsonb)
            returns bigint language plpgsql as $$
            declare
                last record;
                entry bigint;
                moment timestamptz := clock_timestamp();
            begin
                perform pg_advisory_xact_lock(hashtext('weir_audit'));
                select a.id, a.digest into last from audit a order by a.id desc limit 1;
                entry := coalesce(last.id, 0) + 1;
                insert into audit values (entry, moment, tenant, actor, action, subject, before, after,
                    coalesce(last.digest, ''::bytea),
                    audit_digest(coalesce(last.digest, ''::bytea), entry, moment, tenant, actor, action, subject, before, after));
                return entry;
            end $$;

        create function audit_is_only_added_to() returns trigger language plpgsql as $$
            begin
                raise exception 'audit is only added to';
            end $$;
        create trigger audit_is_only_added_to before update or delete on audit
            for each statement execute function audit_is_only_added_to();
        """#

    private static let walletsDown =
        Migration.refuseToLose("wallet_links", "audit") + #"""
            drop table audit, audit_subjects, wallet_links, wallet_nonces;
            drop function audit_is_only_added_to, add_to_audit, audit_digest;
            """#
}
