-- Purpose: the life of every item as flows: billed on its issue date, and less on every day that changed it. Their sum up to
--   a day is what was open of it at the end of that day.
-- Grain: none; one row per item, and one per item and day that changed it
-- Reads: stg_invoices, int_payment_applications
-- Units: amounts in units of currency, below zero where they were taken back; flowed_on = the day, but not before the issue date
-- Columns: late_from = the first day on which it was late, if it was still open; kept_amount = of what was paid, never taken
--   back since
-- Nulls: none
-- Kind: table
with
    invoices as (select * from stg_invoices),
    applications as (select * from int_payment_applications),
    items as (
        select
            item_key,
            account_key,
            company_id,
            currency,
            issue_date,
            due_date,
            payable_on,
            greatest(cast(cast(payable_on as int) + 1 as date), issue_date) as late_from,
            amount
        from invoices
    ),
    billed as (
        select
            item_key,
            account_key,
            company_id,
            currency,
            issue_date,
            due_date,
            payable_on,
            late_from,
            issue_date as flowed_on,
            amount as billed_amount,
            cast(0 as decimal(18, 2)) as paid_amount,
            cast(0 as decimal(18, 2)) as credited_amount,
            cast(0 as decimal(18, 2)) as written_off_amount,
            cast(0 as decimal(18, 2)) as kept_amount
        from items
    ),
    changed as (
        select
            items.item_key,
            items.account_key,
            items.company_id,
            items.currency,
            items.issue_date,
            items.due_date,
            items.payable_on,
            items.late_from,
            greatest(applications.paid_on, items.issue_date) as flowed_on,
            cast(0 as decimal(18, 2)) as billed_amount,
            applications.paid_amount,
            applications.credited_amount,
            applications.written_off_amount,
            applications.kept_amount
        from applications
        inner join items on applications.item_key = items.item_key
    ),
    flows as (
        select * from billed
        union all select * from changed
    )
select * from flows
