-- Purpose: the shard's part of what groups should have paid in a window of days and what they paid, by arm of each experiment, and of
--   everybody; with what they had paid in the window before, and what they were put to. By intention to treat: of everybody who was
--   ever drawn.
-- Grain: company_id, currency, experiment, arm, days
-- Reads: fct_experiment_members, run_experiments, raw_accounts, raw_books, int_window_collections, int_outreach, stg_disputes_opened
-- Units: amounts in units of currency; squares and products of the amounts of each group, added up
-- Columns: experiment and arm = '' where it is of everybody; before_* = in the window before; item_* = of each item, not of each group;
--   contacts and what follows = since it began, whichever company it was
-- Nulls: none; no rows of an experiment that began before @known_from, zeros where only the window before it did
-- Kind: table
with
    collections as (select * from int_window_collections),
    disputes as (select * from stg_disputes_opened),
    members as (
        select
            members.experiment,
            members.debtor_id,
            members.arm,
            members.group_key,
            running.starts_on,
            least(coalesce(running.ends_on, @as_of), @as_of) as until_on
        from fct_experiment_members as members
        inner join run_experiments as running on members.experiment = running.experiment
    ),
    accounts as (
        select accounts.account_key, members.experiment, members.arm, members.group_key
        from members
        inner join raw_accounts as accounts on members.debtor_id = accounts.debtor_id
        union all
        select account_key, '', '', group_key
        from raw_accounts
    ),
    by_group as (
        select
            collections.experiment,
            accounts.arm,
            collections.days,
            accounts.group_key,
            collections.book_key,
            sum(case when not is_before then items else 0 end) as items,
            cast(sum(case when not is_before then collectable_amount else 0 end) as decimal(18, 2)) as x,
            cast(sum(case when not is_before then collected_amount else 0 end) as decimal(18, 2)) as y,
            cast(sum(case when is_before then collectable_amount else 0 end) as decimal(18, 2)) as u,
            cast(sum(case when is_before then collected_amount else 0 end) as decimal(18, 2)) as v,
            sum(case when not is_before then item_collectable_squares else 0 end) as item_collectable_squares,
            sum(case when not is_before then item_collected_squares else 0 end) as item_collected_squares,
            sum(case when not is_before then item_products else 0 end) as item_products
        from accounts
        inner join collections
            on accounts.account_key = collections.account_key
            and accounts.experiment = collections.experiment
        group by collections.experiment, accounts.arm, collections.days, accounts.group_key, collections.book_key
    ),
    contacted as (
        select
            members.experiment,
            members.arm,
            members.group_key,
            count(case when contacts.has_reached then 1 end) as contacts,
            bool_or(contacts.has_opted_out) as has_opted_out,
            bool_or(contacts.has_complained) as has_complained,
            bool_or(contacts.has_bounced) as has_bounced
        from members
        inner join int_outreach as contacts
            on members.debtor_id = contacts.debtor_id
            and contacts.contacted_on >= members.starts_on
            and contacts.contacted_on <= members.until_on
        group by members.experiment, members.arm, members.group_key
    ),
    disputing as (
        select distinct members.experiment, members.arm, members.group_key
        from members
        inner join disputes
            on members.debtor_id = disputes.debtor_id
            and disputes.opened_on >= members.starts_on
            and disputes.opened_on <= members.until_on
    ),
    put_to as (
        select
            by_group.*,
            coalesce(contacted.contacts, 0) as contacts,
            coalesce(contacted.has_opted_out, false) as has_opted_out,
            coalesce(contacted.has_complained, false) as has_complained,
            coalesce(contacted.has_bounced, false) as has_bounced,
            disputing.group_key is not null as has_disputed
        from by_group
        left join contacted
            on by_group.experiment = contacted.experiment
            and by_group.arm = contacted.arm
            and by_group.group_key = contacted.group_key
        left join disputing
            on by_group.experiment = disputing.experiment
            and by_group.arm = disputing.arm
            and by_group.group_key = disputing.group_key
        -- What was never owed to this company tells nothing of it.
        where x > 0
    ),
    grouped as (
        select
            books.company_id,
            books.currency,
            put_to.experiment,
            put_to.arm,
            put_to.days,
            count(*) as groups,
            cast(sum(items) as bigint) as items,
            cast(sum(x) as decimal(28, 2)) as collectable_amount,
            cast(sum(y) as decimal(28, 2)) as collected_amount,
            cast(sum(x * x) as decimal(38, 4)) as collectable_squares,
            cast(sum(y * y) as decimal(38, 4)) as collected_squares,
            cast(sum(x * y) as decimal(38, 4)) as products,
            cast(sum(item_collectable_squares) as decimal(38, 4)) as item_collectable_squares,
            cast(sum(item_collected_squares) as decimal(38, 4)) as item_collected_squares,
            cast(sum(item_products) as decimal(38, 4)) as item_products,
            cast(sum(u) as decimal(28, 2)) as before_collectable_amount,
            cast(sum(v) as decimal(28, 2)) as before_collected_amount,
            cast(sum(u * u) as decimal(38, 4)) as before_collectable_squares,
            cast(sum(v * v) as decimal(38, 4)) as before_collected_squares,
            cast(sum(u * v) as decimal(38, 4)) as before_products,
            cast(sum(x * u) as decimal(38, 4)) as collectable_by_before_collectable,
            cast(sum(x * v) as decimal(38, 4)) as collectable_by_before_collected,
            cast(sum(y * u) as decimal(38, 4)) as collected_by_before_collectable,
            cast(sum(y * v) as decimal(38, 4)) as collected_by_before_collected,
            cast(sum(contacts) as bigint) as contacts,
            cast(sum(contacts * contacts) as bigint) as contacts_squares,
            count(case when contacts > 0 then 1 end) as contacted_groups,
            count(case when has_disputed then 1 end) as disputing_groups,
            count(case when has_opted_out then 1 end) as opted_out_groups,
            count(case when has_complained then 1 end) as complaining_groups,
            count(case when has_bounced then 1 end) as bounced_groups
        from put_to
        inner join raw_books as books on put_to.book_key = books.book_key
        group by books.company_id, books.currency, put_to.experiment, put_to.arm, put_to.days
    )
select * from grouped
