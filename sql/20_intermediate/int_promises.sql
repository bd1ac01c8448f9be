-- Purpose: what became of every promise: pending, kept or broken.
-- Grain: debtor_id, actor_id, promise_id
-- Reads: stg_promises, int_promised_payments, int_items
-- Units: amount in units of the account's currency
-- Nulls: invoice_id null = all the debtor owes, to company_id where that is not null
-- Kind: table
with
    promises as (
        select
            *,
            case
                when invoice_id is not null then 'invoice'
                when company_id is not null then 'company'
                else 'debtor'
            end as scope,
            coalesce(company_id, '') as company_key,
            coalesce(invoice_id, '') as invoice_key
        from stg_promises
    ),
    paid as (select * from int_promised_payments),
    asked as (
        -- A promise without an amount is one to pay all that is due by its day; many are for the same day.
        select distinct debtor_id, scope, company_key, invoice_key, pay_by, last_day
        from promises
        where not is_pending and amount is null
    ),
    askers as (select distinct debtor_id from asked),
    items as (
        select items.debtor_id, items.company_id, items.invoice_id, items.issue_date, items.due_date, items.settled_on
        from int_items as items
        left semi join askers on items.debtor_id = askers.debtor_id
    ),
    by_scope as (
        select items.*, scopes.scope
        -- The few stand first: the engine makes a batch for every row of the first.
        from (values ('invoice'), ('company'), ('debtor')) as scopes (scope)
        cross join items
    ),
    spans as (
        -- What was first issued of all that was due on one day and settled on another.
        select
            debtor_id,
            scope,
            case when scope <> 'debtor' then company_id else '' end as company_key,
            case when scope = 'invoice' then invoice_id else '' end as invoice_key,
            due_date,
            settled_on,
            min(issue_date) as issue_date
        from by_scope
        group by
            debtor_id,
            scope,
            case when scope <> 'debtor' then company_id else '' end,
            case when scope = 'invoice' then invoice_id else '' end,
            due_date,
            settled_on
    ),
    left_over as (
        select
            asked.debtor_id,
            asked.scope,
            asked.company_key,
            asked.invoice_key,
            asked.pay_by,
            asked.last_day,
            min(spans.issue_date) as first_unpaid_on,
            min(case when spans.due_date <= asked.pay_by then spans.issue_date end) as first_due_on
        from asked
        inner join spans
            on asked.debtor_id = spans.debtor_id
            and asked.scope = spans.scope
            and asked.company_key = spans.company_key
            and asked.invoice_key = spans.invoice_key
            and coalesce(spans.settled_on > asked.last_day, true)
        group by
            asked.debtor_id, asked.scope, asked.company_key, asked.invoice_key, asked.pay_by, asked.last_day
    ),
    stated as (
        select
            promises.promise_id,
            promises.debtor_id,
            promises.actor_id,
            promises.company_id,
            promises.invoice_id,
            promises.promised_on,
            promises.pay_by,
            promises.last_day,
            case
                when promises.is_pending then 'pending'
                when promises.amount is not null then
                    case when coalesce(paid.counted_amount, 0) >= promises.amount then 'kept' else 'broken' end
                -- What did not exist when it was made is no part of it.
                when left_over.first_due_on <= promises.promised_on then 'broken'
                -- Where nothing of it was due by then, something was paid, or all of it.
                when coalesce(paid.paid_amount, 0) > 0 or coalesce(paid.settled_items, 0) > 0 then 'kept'
                when left_over.first_unpaid_on <= promises.promised_on then 'broken'
                else 'kept'
            end as state
        from promises
        left join paid
            on promises.debtor_id = paid.debtor_id
            and promises.actor_id = paid.actor_id
            and promises.promise_id = paid.promise_id
        left join left_over
            on promises.debtor_id = left_over.debtor_id
            and promises.scope = left_over.scope
            and promises.company_key = left_over.company_key
            and promises.invoice_key = left_over.invoice_key
            and promises.pay_by = left_over.pay_by
            and promises.last_day = left_over.last_day
    )
select * from stated
