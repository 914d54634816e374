import Postgres

/// Items say whose they are, so that what is ready can be looked up tenant by tenant: none waits behind another's hundred thousand.
extension Schema {
    static let v0011Shares = Migration(version: 11, name: "v0011_shares", up: sharesUp, down: sharesDown)

    private static let sharesUp = #"""
        alter table operation_items add column tenant text;
        update operation_items i set tenant = o.tenant from operations o where o.id = i.operation_id;
        alter table operation_items alter column tenant set not null;
        drop index operation_items_ready;
        create index operation_items_ready on operation_items (recipe, tenant, priority desc, operation_id, ordinal)
            where state = 'queued';
        """#

    private static let sharesDown = #"""
        drop index operation_items_ready;
        alter table operation_items drop column tenant;
        create index operation_items_ready on operation_items (recipe, priority desc, operation_id, ordinal)
            where state = 'queued';
        """#
}
