-- Purpose: of an export of open items: the life of every item that any run saw, as flows: what earlier runs carried forward,
--   and what this run sees changed. What is gone was settled. Of an export of all items it is empty, for they are there.
-- Grain: none; one row per item, day that changed it, and run that saw it
-- Reads: raw_item_flows, raw_held_debtors, stg_invoices, stg_payments, int_payment_applications
-- Units: amounts in units of currency, below zero where they were taken back
-- Columns: item_key = below zero for what is gone; seen_on = as-of date of the run that saw it; is_present = the snapshot holds
--   the item; is_known = false for what is gone of a debtor with an invoice that cannot be read: it may be this one
-- Nulls: none
-- Kind: table
with
    known as (select * from raw_item_flows where @scope_open = 1),
    before as (
        select
            account_key,
            invoice_key,
            installment_no,
            min(group_key) as group_key,
            min(debtor_id) as debtor_id,
            min(book_key) as book_key,
            min(company_id) as company_id,
            min(currency) as currency,
            min(invoice_id) as invoice_id,
            min(issue_date) as issue_date,
            min(due_date) as due_date,
            min(payable_on) as payable_on,
            cast(sum(billed_amount - paid_amount - credited_amount - written_off_amount) as decimal(18, 2)) as open_amount,
            cast(sum(paid_amount + credited_amount + written_off_amount) as decimal(18, 2)) as applied_amount,
            cast(sum(credited_amount) as decimal(18, 2)) as credited_amount,
            cast(sum(written_off_amount) as decimal(18, 2)) as written_off_amount,
            max(case when billed_amount = 0 then flowed_on end) as changed_on
        from known
        group by account_key, invoice_key, installment_no
    ),
    invoices as (select * from stg_invoices where @scope_open = 1),
    applications as (select * from int_payment_applications where @scope_open = 1),
    applied as (
        select
            item_key,
            cast(sum(paid_amount + credited_amount + written_off_amount) as decimal(18, 2)) as applied_amount,
            cast(sum(credited_amount) as decimal(18, 2)) as credited_amount,
            cast(sum(written_off_amount) as decimal(18, 2)) as written_off_amount,
            max(paid_on) as applied_on
        from applications
        group by item_key
    ),
    fresh as (
        -- Seen for the first time: its payments tell its life so far.
        select invoices.*
        from invoices
        left anti join before
            on invoices.invoice_key = before.invoice_key
            and invoices.installment_no = before.installment_no
    ),
    present as (
        select
            invoices.item_key,
            before.invoice_key,
            before.installment_no,
            invoices.issue_date,
            invoices.due_date,
            invoices.payable_on,
            true as is_known,
            before.open_amount - (invoices.amount - coalesce(applied.applied_amount, 0)) as less_open,
            coalesce(applied.credited_amount, 0) - before.credited_amount as credited_more,
            coalesce(applied.written_off_amount, 0) - before.written_off_amount as written_off_more,
            -- Payments tell of all that is less, unless the amount itself has fallen.
            case
                when before.open_amount + before.applied_amount <= invoices.amount
                    and before.open_amount > invoices.amount - coalesce(applied.applied_amount, 0)
                    then applied.applied_on
            end as told_on
        from invoices
        inner join before
            on invoices.invoice_key = before.invoice_key
            and invoices.installment_no = before.installment_no
        left join applied on invoices.item_key = applied.item_key
    ),
    unread as (select distinct debtor_id from raw_held_debtors where by_invoices),
    missed as (
        select before.*
        from before
        left anti join invoices
            on before.invoice_key = invoices.invoice_key
            and before.installment_no = invoices.installment_no
    ),
    paid as (
        -- Payments say better than the first run that misses an item on which day it was settled, and how. What was seen before
        -- does not tell of what is new.
        select
            missed.invoice_key,
            missed.installment_no,
            max(payments.paid_on) as paid_on,
            sum(case when payments.kind not in ('credit_note', 'write_off') then payments.effect_amount else 0 end) as paid_amount,
            sum(case when payments.kind = 'credit_note' then payments.effect_amount else 0 end) as credited_amount,
            sum(case when payments.kind = 'write_off' then payments.effect_amount else 0 end) as written_off_amount
        from missed
        inner join stg_payments as payments
            on missed.debtor_id = payments.debtor_id
            and missed.invoice_id = payments.invoice_id
            and (missed.changed_on is null or payments.paid_on > missed.changed_on)
        where payments.effect_amount > 0 and payments.kind <> 'charges' and @scope_open = 1
        group by missed.invoice_key, missed.installment_no
    ),
    settled as (
        -- Of the instalments that are gone the earliest were paid, the next credited and the last written off; what no row tells of
        -- was paid.
        select
            missed.*,
            paid.paid_on,
            coalesce(paid.paid_amount, 0) as told_paid,
            coalesce(paid.paid_amount, 0) + coalesce(paid.credited_amount, 0) as told_credited,
            coalesce(paid.paid_amount, 0) + coalesce(paid.credited_amount, 0) + coalesce(paid.written_off_amount, 0)
                as told_written_off,
            sum(missed.open_amount) over (
                partition by missed.invoice_key
                order by missed.due_date, missed.installment_no
                rows between unbounded preceding and current row
            ) as open_so_far
        from missed
        left join paid on missed.invoice_key = paid.invoice_key and missed.installment_no = paid.installment_no
    ),
    gone as (
        select
            0 - cast(row_number() over (order by missed.invoice_key, missed.installment_no) as bigint) as item_key,
            missed.invoice_key,
            missed.installment_no,
            missed.issue_date,
            missed.due_date,
            missed.payable_on,
            unread.debtor_id is null or missed.open_amount = 0 as is_known,
            case when unread.debtor_id is null then missed.open_amount else cast(0 as decimal(18, 2)) end as less_open,
            cast(
                greatest(
                    least(missed.told_credited, missed.open_so_far)
                    - greatest(missed.told_paid, missed.open_so_far - missed.open_amount),
                    0
                )
                as decimal(18, 2)
            ) as credited_more,
            cast(
                greatest(
                    least(missed.told_written_off, missed.open_so_far)
                    - greatest(missed.told_credited, missed.open_so_far - missed.open_amount),
                    0
                )
                as decimal(18, 2)
            ) as written_off_more,
            missed.paid_on as told_on
        from settled as missed
        left join unread on missed.debtor_id = unread.debtor_id
    ),
    items as (
        select *, true as is_present from present
        union all select *, false from gone
    ),
    credited as (
        select *, greatest(least(credited_more, greatest(less_open, 0)), least(less_open, 0)) as credited_amount
        from items
        where less_open <> 0
    ),
    moved as (
        select
            *,
            greatest(
                least(written_off_more, greatest(less_open - credited_amount, 0)),
                least(less_open - credited_amount, 0)
            ) as written_off_amount
        from credited
    ),
    flows as (
        select
            items.item_key,
            known.account_key,
            known.book_key,
            known.invoice_key,
            known.group_key,
            known.debtor_id,
            known.company_id,
            known.currency,
            known.invoice_id,
            known.installment_no,
            items.issue_date,
            items.due_date,
            items.payable_on,
            -- An issue date that is corrected moves what was billed.
            case when known.billed_amount > 0 then items.issue_date else greatest(known.flowed_on, items.issue_date) end
                as flowed_on,
            known.seen_on,
            known.billed_amount,
            known.paid_amount,
            known.credited_amount,
            known.written_off_amount,
            items.is_present,
            items.is_known
        from items
        inner join known on items.invoice_key = known.invoice_key and items.installment_no = known.installment_no
        union all
        select
            moved.item_key,
            before.account_key,
            before.book_key,
            before.invoice_key,
            before.group_key,
            before.debtor_id,
            before.company_id,
            before.currency,
            before.invoice_id,
            before.installment_no,
            moved.issue_date,
            moved.due_date,
            moved.payable_on,
            greatest(coalesce(moved.told_on, @as_of), moved.issue_date),
            @as_of,
            cast(0 as decimal(18, 2)),
            cast(moved.less_open - moved.credited_amount - moved.written_off_amount as decimal(18, 2)),
            cast(moved.credited_amount as decimal(18, 2)),
            cast(moved.written_off_amount as decimal(18, 2)),
            moved.is_present,
            moved.is_known
        from moved
        inner join before on moved.invoice_key = before.invoice_key and moved.installment_no = before.installment_no
        union all
        select
            item_key,
            account_key,
            book_key,
            invoice_key,
            group_key,
            debtor_id,
            company_id,
            currency,
            invoice_id,
            installment_no,
            issue_date,
            due_date,
            payable_on,
            issue_date as flowed_on,
            @as_of,
            amount,
            cast(0 as decimal(18, 2)) as paid_amount,
            cast(0 as decimal(18, 2)) as credited_amount,
            cast(0 as decimal(18, 2)) as written_off_amount,
            true as is_present,
            true as is_known
        from fresh
        union all
        select
            fresh.item_key,
            fresh.account_key,
            fresh.book_key,
            fresh.invoice_key,
            fresh.group_key,
            fresh.debtor_id,
            fresh.company_id,
            fresh.currency,
            fresh.invoice_id,
            fresh.installment_no,
            fresh.issue_date,
            fresh.due_date,
            fresh.payable_on,
            greatest(applications.paid_on, fresh.issue_date),
            @as_of,
            cast(0 as decimal(18, 2)),
            applications.paid_amount,
            applications.credited_amount,
            applications.written_off_amount,
            true as is_present,
            true as is_known
        from fresh
        inner join applications on fresh.item_key = applications.item_key
    )
select * from flows
