-- Purpose: what became of each promise to pay whose day came in the promise window, or is to come: kept, broken or pending, by
--   what was paid.
-- Grain: debtor_id, actor_id, promise_id
-- Reads: stg_promises, int_promises, stg_invoices, int_item_flows, raw_books, run_tolerances
-- Units: amounts in units of currency; kept_amount = what was paid in time of what was promised, and never taken back
-- Columns: company_id and currency = the account that it belongs to; left_amount = still to be paid of a pending one
-- Nulls: invoice_id null = all the debtor owes; left_amount null = not pending; a promise of nothing that was owed has no row;
--   where items are gone once they are settled, a promise that names no amount is one of what is still there
-- Kind: table
with
    promises as (
        select
            debtor_id,
            actor_id,
            promise_id,
            company_id,
            invoice_id,
            promised_on,
            pay_by,
            last_day,
            amount,
            is_pending,
            coalesce(company_id, '') as company_key,
            coalesce(invoice_id, '') as invoice_name
        from stg_promises
        where pay_by > @promises_from
    ),
    looks as (
        -- Many promises look at the same items over the same days.
        select
            *,
            row_number() over (order by debtor_id, company_key, invoice_name, promised_on, pay_by, last_day) as look_no
        from (select distinct debtor_id, company_key, invoice_name, promised_on, pay_by, last_day from promises) as looks
    ),
    owed as (
        select looks.look_no, looks.promised_on, looks.last_day, items.item_key, items.book_key, true as is_promised
        from (select * from looks where invoice_name <> '') as looks
        inner join stg_invoices as items
            on looks.debtor_id = items.debtor_id
            and looks.invoice_name = items.invoice_id
            and items.issue_date <= looks.promised_on
            and (looks.company_key = '' or looks.company_key = items.company_id)
        union all
        -- A promise over all that is owed is over what is due by its day.
        select
            looks.look_no, looks.promised_on, looks.last_day, items.item_key, items.book_key, items.due_date <= looks.pay_by
        from (select * from looks where invoice_name = '') as looks
        inner join stg_invoices as items
            on looks.debtor_id = items.debtor_id
            and items.issue_date <= looks.promised_on
            and (looks.company_key = '' or looks.company_key = items.company_id)
    ),
    summed as (
        select
            owed.look_no,
            owed.book_key,
            sum(
                case
                    when owed.is_promised and flows.flowed_on < owed.promised_on
                        then flows.billed_amount - flows.paid_amount - flows.credited_amount - flows.written_off_amount
                    when owed.is_promised and flows.flowed_on = owed.promised_on then flows.billed_amount
                    else 0
                end
            ) as due_amount,
            sum(
                case
                    when flows.flowed_on >= owed.promised_on and flows.flowed_on <= owed.last_day then flows.kept_amount else 0
                end
            ) as paid_amount
        from owed
        inner join int_item_flows as flows on owed.item_key = flows.item_key
        group by owed.look_no, owed.book_key
    ),
    ranked as (
        -- It belongs to the account with the most that was due.
        select
            summed.look_no,
            books.company_id,
            books.currency,
            summed.due_amount,
            summed.paid_amount,
            row_number() over (
                partition by summed.look_no
                order by summed.due_amount desc, books.company_id, books.currency
            ) as place
        from summed
        inner join raw_books as books on summed.book_key = books.book_key
    ),
    stated as (
        select
            promises.debtor_id,
            promises.actor_id,
            promises.promise_id,
            promises.invoice_id,
            ranked.company_id,
            ranked.currency,
            promises.pay_by,
            promises.last_day,
            promises.is_pending,
            states.state,
            promises.amount as stated_amount,
            cast(coalesce(promises.amount, cast(ranked.due_amount as decimal(18, 2))) as decimal(18, 2)) as promised_amount,
            cast(greatest(ranked.paid_amount, 0) as decimal(18, 2)) as paid_amount,
            tolerances.tolerance_amount
        from promises
        inner join looks
            on promises.debtor_id = looks.debtor_id
            and promises.company_key = looks.company_key
            and promises.invoice_name = looks.invoice_name
            and promises.promised_on = looks.promised_on
            and promises.pay_by = looks.pay_by
            and promises.last_day = looks.last_day
        inner join ranked on looks.look_no = ranked.look_no and ranked.place = 1
        left join run_tolerances as tolerances on ranked.currency = tolerances.currency
        left join int_promises as states
            on promises.debtor_id = states.debtor_id
            and promises.actor_id = states.actor_id
            and promises.promise_id = states.promise_id
    ),
    judged as (
        -- What names no invoice may have been the promised payment: then it was kept for whoever decides, and is here.
        select
            *,
            case
                when paid_amount >= promised_amount
                    or coalesce(promised_amount - paid_amount < tolerance_amount, false)
                    or coalesce(state = 'kept' and stated_amount is not null, false)
                    then 'kept'
                when is_pending then 'pending'
                else 'broken'
            end as outcome
        from stated
        where promised_amount > 0
    ),
    measured as (
        select
            debtor_id,
            actor_id,
            promise_id,
            invoice_id,
            company_id,
            currency,
            pay_by,
            outcome,
            promised_amount,
            case when outcome = 'pending' then promised_amount - paid_amount end as left_amount,
            case outcome
                when 'kept' then promised_amount
                when 'broken' then least(paid_amount, promised_amount)
                else cast(0 as decimal(18, 2))
            end as kept_amount
        from judged
    )
select * from measured
