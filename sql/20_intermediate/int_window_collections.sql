-- Purpose: what each account should have paid in a window of days, and what of it it paid: in the window of every experiment that
--   runs, in some that look back from the as-of date, and in the window of equal length before each of them.
-- Grain: experiment, days, is_before, account_key, book_key
-- Reads: int_item_flows, run_experiments
-- Units: amounts in units of currency; squares and products of the amounts of each item, added up
-- Columns: experiment = '' where the window looks back from the as-of date; days = its length; is_before = the window before it;
--   collectable_amount = open when it began of what was due before, and what fell due in it, net of credits; items = with any of it
-- Nulls: none; windows that began before @known_from are left out
-- Kind: table
with
    flows as (select * from int_item_flows),
    windows as (
        -- What comes after its last day is not of the experiment.
        select experiment, starts_on as from_on, least(coalesce(ends_on, @as_of), @as_of) as until_on
        from run_experiments
        union all
        select '', cast(@as_of_day + 1 - cast(days as int) as date), @as_of
        from (values (30), (60), (90), (180)) as lengths (days)
    ),
    measured as (
        select *, cast(until_on as int) - cast(from_on as int) + 1 as days
        from windows
    ),
    spans as (
        select experiment, days, false as is_before, from_on, until_on
        from measured
        union all
        select experiment, days, true, cast(cast(from_on as int) - days as date), cast(cast(from_on as int) - 1 as date)
        from measured
    ),
    known as (
        select *, row_number() over (order by experiment, days, is_before) as span_no
        from spans
        where @known_from <= from_on
    ),
    by_item as (
        select
            known.span_no,
            flows.account_key,
            flows.book_key,
            flows.item_key,
            sum(
                case
                    when flows.flowed_on < known.from_on
                        then flows.billed_amount - flows.paid_amount - flows.credited_amount - flows.written_off_amount
                    else flows.billed_amount - flows.credited_amount
                end
            ) as asked_amount,
            sum(case when flows.flowed_on >= known.from_on then flows.paid_amount else 0 end) as paid_amount
        from known
        inner join flows
            on flows.due_date <= known.until_on
            and flows.flowed_on <= known.until_on
            -- What was settled before was not to be collected.
            and coalesce(flows.open_until >= known.from_on, true)
        group by known.span_no, flows.account_key, flows.book_key, flows.item_key
    ),
    owed as (
        -- What was paid before it began and taken back since was not to be collected, and nobody has lost it.
        select
            span_no,
            account_key,
            book_key,
            cast(asked_amount as decimal(18, 2)) as collectable_amount,
            cast(least(greatest(paid_amount, 0), asked_amount) as decimal(18, 2)) as collected_amount
        from by_item
        where asked_amount > 0
    ),
    by_account as (
        select
            span_no,
            account_key,
            book_key,
            count(*) as items,
            cast(sum(collectable_amount) as decimal(18, 2)) as collectable_amount,
            cast(sum(collected_amount) as decimal(18, 2)) as collected_amount,
            cast(sum(collectable_amount * collectable_amount) as decimal(38, 4)) as item_collectable_squares,
            cast(sum(collected_amount * collected_amount) as decimal(38, 4)) as item_collected_squares,
            cast(sum(collectable_amount * collected_amount) as decimal(38, 4)) as item_products
        from owed
        group by span_no, account_key, book_key
    ),
    named as (
        select
            known.experiment,
            cast(known.days as bigint) as days,
            known.is_before,
            by_account.account_key,
            by_account.book_key,
            by_account.items,
            by_account.collectable_amount,
            by_account.collected_amount,
            by_account.item_collectable_squares,
            by_account.item_collected_squares,
            by_account.item_products
        from by_account
        inner join known on by_account.span_no = known.span_no
    )
select * from named
