-- Purpose: what each day changed of each item, by what it came from: balances, days of settlement and lateness follow from
--   it, and the position of every day of the past. The rule is src/domain/settlement.rs; this query names the items and
--   postings that it is about.
-- Grain: item_key, paid_on
-- Reads: stg_invoices, int_gone_items, int_payment_parts
-- Units: amounts in units of currency; applied_amount and kept_amount never below zero, at most the item's amount in sum;
--   the others below zero where they were taken back
-- Columns: applied_amount = of all families, never taken back since; paid_amount, credited_amount and written_off_amount =
--   what the day changed, which up to any day add up to what was applied by then; kept_amount = of paid_amount, never taken
--   back since
-- Nulls: none; of the query: item_key null = a posting, installment_no null = a posting that names none, family_no null =
--   an item, else 0 = paid, 1 = credited, 2 = written off; of_day null = it takes back no payment whose day is known
-- Kind: fold
with
    postings as (select * from int_payment_parts where invoice_key is not null and company_id is not null),
    reversed as (select distinct invoice_key, root_id from postings where is_reversal and effect_amount < 0),
    roots as (
        -- Of a payment in parts of several days nobody knows which one is taken back.
        select postings.invoice_key, postings.root_id, min(postings.paid_on) as paid_on
        from reversed
        inner join postings on reversed.invoice_key = postings.invoice_key and reversed.root_id = postings.root_id
        where not postings.is_reversal
        group by postings.invoice_key, postings.root_id
        having min(postings.paid_on) = max(postings.paid_on)
    ),
    dated as (
        -- What puts something back counts from its own day.
        select *, cast(null as date) as of_day from postings where not is_reversal or effect_amount >= 0
        union all
        select postings.*, roots.paid_on
        from (select * from postings where is_reversal and effect_amount < 0) as postings
        left join roots on postings.invoice_key = roots.invoice_key and postings.root_id = roots.root_id
    ),
    listed as (
        select
            item_key,
            invoice_key,
            installment_no,
            due_date as on_day,
            amount,
            cast(null as bigint) as family_no,
            cast(null as date) as of_day
        from stg_invoices
        union all
        select item_key, invoice_key, installment_no, due_date, amount, cast(null as bigint), cast(null as date)
        from int_gone_items
        union all
        select
            cast(null as bigint),
            invoice_key,
            installment_no,
            paid_on,
            effect_amount,
            case root_kind when 'credit_note' then 1 when 'write_off' then 2 else 0 end,
            of_day
        from dated
    )
select * from listed
