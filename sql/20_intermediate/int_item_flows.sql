-- Purpose: the life of every item as flows: billed on its issue date, and less on every day that changed it. Their sum up to
--   a day is what was open of it at the end of that day.
-- Grain: none; one row per item, and one per item and day that changed it
-- Reads: int_items, int_payment_applications, int_observed_flows
-- Units: amounts in units of currency, below zero where they were taken back; flowed_on = the day, but not before the issue date
-- Columns: book_key = the company and currency, in raw_books; month_key = month of flowed_on; late_from = the first day on which
--   it was late, if it was still open; kept_amount = of what was paid, never taken back since; open_until = the day after which
--   nothing was open of it; is_main_payment = at least a quarter of it was paid: less may be a tax that was withheld
-- Nulls: open_until null = open, or only earlier runs saw it; of an export of open items, what was settled before the first run
--   is not there: see @known_from
-- Kind: table
with
    items as (
        -- What was paid in advance was settled when it was issued.
        select *, case when settled_on is not null then greatest(settled_on, issue_date) end as open_until
        from int_items
        where @scope_open = 0
    ),
    applications as (select * from int_payment_applications where @scope_open = 0),
    observed as (select * from int_observed_flows where is_known),
    taken_back as (
        select item_key, max(flowed_on) as taken_back_on
        from observed
        where paid_amount < 0
        group by item_key
    ),
    unified as (
        select
            item_key,
            account_key,
            book_key,
            issue_date,
            due_date,
            payable_on,
            open_until,
            issue_date as flowed_on,
            original_amount as billed_amount,
            cast(0 as decimal(18, 2)) as paid_amount,
            cast(0 as decimal(18, 2)) as credited_amount,
            cast(0 as decimal(18, 2)) as written_off_amount,
            cast(0 as decimal(18, 2)) as kept_amount,
            false as is_main_payment
        from items
        union all
        select
            items.item_key,
            items.account_key,
            items.book_key,
            items.issue_date,
            items.due_date,
            items.payable_on,
            items.open_until,
            greatest(applications.paid_on, items.issue_date),
            cast(0 as decimal(18, 2)),
            applications.paid_amount,
            applications.credited_amount,
            applications.written_off_amount,
            applications.kept_amount,
            applications.paid_amount * 4 >= items.original_amount
        from applications
        inner join items on applications.item_key = items.item_key
        union all
        select
            observed.item_key,
            observed.account_key,
            observed.book_key,
            observed.issue_date,
            observed.due_date,
            observed.payable_on,
            cast(null as date),
            observed.flowed_on,
            observed.billed_amount,
            observed.paid_amount,
            observed.credited_amount,
            observed.written_off_amount,
            case
                when taken_back.taken_back_on is null or observed.flowed_on > taken_back.taken_back_on
                    then observed.paid_amount
                else cast(0 as decimal(18, 2))
            end,
            observed.paid_amount > 0
        from observed
        left join taken_back on observed.item_key = taken_back.item_key
    ),
    flows as (
        select
            *,
            month_key(flowed_on) as month_key,
            greatest(cast(cast(payable_on as int) + 1 as date), issue_date) as late_from
        from unified
    )
select * from flows
