-- Purpose: the shard's part of what each arm of an experiment should have paid since it began, and what it paid; by intention to
--   treat: of everybody who was ever drawn.
-- Grain: company_id, currency, experiment, arm
-- Reads: fct_experiment_members, run_experiments, raw_accounts, raw_books, int_item_flows, int_outreach
-- Units: amounts in units of currency; squares and products of the amounts of each group, added up
-- Columns: collectable_amount = open when it began of what was due before, and what fell due since, net of credits
-- Nulls: none; no rows of an experiment that began before @known_from
-- Kind: table
with
    members as (
        select members.experiment, members.debtor_id, members.arm, members.group_key, running.starts_on
        from fct_experiment_members as members
        inner join run_experiments as running on members.experiment = running.experiment
        where @known_from <= running.starts_on
    ),
    accounts as (
        select accounts.account_key, members.experiment, members.arm, members.group_key, members.starts_on
        from members
        inner join raw_accounts as accounts on members.debtor_id = accounts.debtor_id
    ),
    by_item as (
        select
            accounts.experiment,
            accounts.arm,
            accounts.group_key,
            flows.book_key,
            flows.item_key,
            greatest(
                sum(
                    case
                        when flows.flowed_on < accounts.starts_on
                            then flows.billed_amount - flows.paid_amount - flows.credited_amount - flows.written_off_amount
                        else flows.billed_amount - flows.credited_amount
                    end
                ),
                0
            ) as collectable_amount,
            sum(case when flows.flowed_on >= accounts.starts_on then flows.paid_amount else 0 end) as collected_amount
        from accounts
        inner join int_item_flows as flows on accounts.account_key = flows.account_key
        where flows.due_date <= @as_of
        group by
            accounts.experiment,
            accounts.arm,
            accounts.group_key,
            flows.book_key,
            flows.item_key
    ),
    by_group as (
        -- What was paid before it began and taken back since was not to be collected, and no arm has lost it.
        select
            experiment,
            arm,
            group_key,
            book_key,
            cast(sum(collectable_amount) as decimal(18, 2)) as collectable_amount,
            cast(sum(least(greatest(collected_amount, 0), collectable_amount)) as decimal(18, 2)) as collected_amount
        from by_item
        group by experiment, arm, group_key, book_key
    ),
    contacted as (
        select distinct members.experiment, members.arm, members.group_key
        from members
        inner join int_outreach as contacts
            on members.debtor_id = contacts.debtor_id
            and contacts.has_reached
            and contacts.contacted_on >= members.starts_on
    ),
    grouped as (
        select
            books.company_id,
            books.currency,
            by_group.experiment,
            by_group.arm,
            count(*) as groups,
            count(contacted.group_key) as contacted_groups,
            cast(sum(collectable_amount) as decimal(28, 2)) as collectable_amount,
            cast(sum(collected_amount) as decimal(28, 2)) as collected_amount,
            cast(sum(collectable_amount * collectable_amount) as decimal(38, 4)) as collectable_squares,
            cast(sum(collected_amount * collected_amount) as decimal(38, 4)) as collected_squares,
            cast(sum(collectable_amount * collected_amount) as decimal(38, 4)) as products
        from by_group
        inner join raw_books as books on by_group.book_key = books.book_key
        left join contacted
            on by_group.experiment = contacted.experiment
            and by_group.arm = contacted.arm
            and by_group.group_key = contacted.group_key
        -- What was never owed to this company tells nothing of it.
        where collectable_amount > 0
        group by books.company_id, books.currency, by_group.experiment, by_group.arm
    )
select * from grouped
