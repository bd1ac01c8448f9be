-- Purpose: what became of each promise to pay whose day came in the promise window, or is to come: kept, broken or pending, by
--   what was paid.
-- Grain: debtor_id, actor_id, promise_id
-- Reads: stg_promises, int_promises, stg_invoices, int_item_flows, run_tolerances
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
        select distinct debtor_id, company_key, invoice_name, promised_on, pay_by, last_day
        from promises
    ),
    owed as (
        select looks.*, items.item_key, items.company_id, items.currency, true as is_promised
        from (select * from looks where invoice_name <> '') as looks
        inner join stg_invoices as items
            on looks.debtor_id = items.debtor_id
            and looks.invoice_name = items.invoice_id
            and items.issue_date <= looks.promised_on
            and (looks.company_key = '' or looks.company_key = items.company_id)
        union all
        -- A promise over all that is owed is over what is due by its day.
        select looks.*, items.item_key, items.company_id, items.currency, items.due_date <= looks.pay_by
        from (select * from looks where invoice_name = '') as looks
        inner join stg_invoices as items
            on looks.debtor_id = items.debtor_id
            and items.issue_date <= looks.promised_on
            and (looks.company_key = '' or looks.company_key = items.company_id)
    ),
    summed as (
        select
            owed.debtor_id,
            owed.company_key,
            owed.invoice_name,
            owed.promised_on,
            owed.pay_by,
            owed.last_day,
            owed.company_id,
            owed.currency,
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
        group by
            owed.debtor_id,
            owed.company_key,
            owed.invoice_name,
            owed.promised_on,
            owed.pay_by,
            owed.last_day,
            owed.company_id,
            owed.currency
    ),
    ranked as (
        -- It belongs to the account with the most that was due.
        select
            *,
            row_number() over (
                partition by debtor_id, company_key, invoice_name, promised_on, pay_by, last_day
                order by due_amount desc, company_id, currency
            ) as place
        from summed
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
        inner join ranked
            on promises.debtor_id = ranked.debtor_id
            and promises.company_key = ranked.company_key
            and promises.invoice_name = ranked.invoice_name
            and promises.promised_on = ranked.promised_on
            and promises.pay_by = ranked.pay_by
            and promises.last_day = ranked.last_day
            and ranked.place = 1
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
