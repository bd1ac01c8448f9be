-- Purpose: what became of every promise: pending, kept or broken.
-- Grain: debtor_id, actor_id, promise_id
-- Reads: stg_promises, int_payments, int_items
-- Units: amount in units of the account's currency
-- Nulls: invoice_id null = all the debtor owes, to company_id where that is not null
-- Kind: table
with
    promises as (
        -- Payments and items are looked up by scope: an invoice, a company, or all of the debtor.
        select
            *,
            case
                when invoice_id is not null then 'invoice'
                when company_id is not null then 'company'
                else 'debtor'
            end as scope
        from stg_promises
    ),
    past as (select * from promises where not is_pending),
    promisers as (select distinct debtor_id from past),
    items as (
        select items.*
        from int_items as items
        left semi join promisers on items.debtor_id = promisers.debtor_id
    ),
    payments as (
        select payments.*
        from int_payments as payments
        left semi join promisers on payments.debtor_id = promisers.debtor_id
    ),
    movements as (
        -- What was paid, and what was settled, on each day in each scope; a payment that names no invoice may well be the
        -- promised one.
        select debtor_id, 'invoice' as scope, company_id, invoice_id, currency, paid_on as moved_on, amount, 0 as settled
        from payments
        where invoice_id is not null
        union all
        select debtor_id, 'unnamed', company_id, cast(null as varchar), currency, paid_on, amount, 0
        from payments
        where invoice_id is null
        union all
        select debtor_id, 'company', company_id, cast(null as varchar), currency, paid_on, amount, 0
        from payments
        where company_id is not null
        union all
        select debtor_id, 'debtor', cast(null as varchar), cast(null as varchar), currency, paid_on, amount, 0
        from payments
        union all
        select debtor_id, 'invoice', company_id, invoice_id, currency, settled_on, cast(0 as decimal(18, 2)), 1
        from items
        where settled_on is not null
        union all
        select debtor_id, 'company', company_id, cast(null as varchar), currency, settled_on, cast(0 as decimal(18, 2)), 1
        from items
        where settled_on is not null
        union all
        select debtor_id, 'debtor', cast(null as varchar), cast(null as varchar), currency, settled_on, cast(0 as decimal(18, 2)), 1
        from items
        where settled_on is not null
    ),
    looks as (
        -- Each promise looks at the scopes that may hold its payment.
        select debtor_id, actor_id, promise_id, promised_on, last_day, scope, company_id, invoice_id from past
        union all
        select debtor_id, actor_id, promise_id, promised_on, last_day, 'unnamed', company_id, cast(null as varchar)
        from past
        where scope = 'invoice' and company_id is not null
        union all
        select debtor_id, actor_id, promise_id, promised_on, last_day, 'unnamed', cast(null as varchar), cast(null as varchar)
        from past
        where scope in ('invoice', 'company')
    ),
    currencies as (select distinct debtor_id, currency from movements),
    points as (
        -- Before its first day, and at the end of its last one.
        select
            looks.*,
            currencies.currency,
            cast(cast(promised_on as int) - 1 as date) as moved_on,
            cast(-1 as bigint) as direction
        from looks
        inner join currencies on looks.debtor_id = currencies.debtor_id
        union all
        select looks.*, currencies.currency, last_day as moved_on, cast(1 as bigint) as direction
        from looks
        inner join currencies on looks.debtor_id = currencies.debtor_id
    ),
    line as (
        select
            debtor_id,
            scope,
            company_id,
            invoice_id,
            currency,
            moved_on,
            amount,
            settled,
            cast(null as varchar) as actor_id,
            cast(null as varchar) as promise_id,
            cast(0 as bigint) as direction
        from movements
        union all
        select
            debtor_id, scope, company_id, invoice_id, currency, moved_on, cast(0 as decimal(18, 2)), 0, actor_id, promise_id, direction
        from points
    ),
    running as (
        select
            *,
            sum(amount) over (
                partition by debtor_id, scope, company_id, invoice_id, currency
                order by moved_on, direction <> 0
                rows between unbounded preceding and current row
            ) as paid_to,
            sum(settled) over (
                partition by debtor_id, scope, company_id, invoice_id, currency
                order by moved_on, direction <> 0
                rows between unbounded preceding and current row
            ) as settled_to
        from line
    ),
    paid as (
        select
            debtor_id,
            actor_id,
            promise_id,
            currency,
            sum(case when direction > 0 then paid_to else -paid_to end) as paid_amount,
            sum(settled_to * direction) as settled_items
        from running
        where direction <> 0
        group by debtor_id, actor_id, promise_id, currency
    ),
    most_paid as (
        select debtor_id, actor_id, promise_id, max(paid_amount) as paid_amount, sum(settled_items) as settled_items
        from paid
        group by debtor_id, actor_id, promise_id
    ),
    asked as (
        -- A promise without an amount is one to pay all that is due by its day; many are for the same day.
        select distinct debtor_id, scope, company_id, invoice_id, pay_by, last_day
        from past
        where amount is null
    ),
    spans as (
        -- What was first issued of all that was due from one day and settled on another.
        select debtor_id, company_id, invoice_id, due_date, settled_on, min(issue_date) as issue_date
        from items
        group by debtor_id, company_id, invoice_id, due_date, settled_on
    ),
    account_spans as (
        select debtor_id, company_id, due_date, settled_on, min(issue_date) as issue_date
        from spans
        group by debtor_id, company_id, due_date, settled_on
    ),
    debtor_spans as (
        select debtor_id, due_date, settled_on, min(issue_date) as issue_date
        from account_spans
        group by debtor_id, due_date, settled_on
    ),
    unsettled as (
        select asked.*, spans.due_date, spans.issue_date
        from asked
        inner join spans
            on asked.debtor_id = spans.debtor_id
            and asked.company_id = spans.company_id
            and asked.invoice_id = spans.invoice_id
            and coalesce(spans.settled_on > asked.last_day, true)
        union all
        select asked.*, account_spans.due_date, account_spans.issue_date
        from asked
        inner join account_spans
            on asked.scope = 'company'
            and asked.debtor_id = account_spans.debtor_id
            and asked.company_id = account_spans.company_id
            and coalesce(account_spans.settled_on > asked.last_day, true)
        union all
        select asked.*, debtor_spans.due_date, debtor_spans.issue_date
        from asked
        inner join debtor_spans
            on asked.scope = 'debtor'
            and asked.debtor_id = debtor_spans.debtor_id
            and coalesce(debtor_spans.settled_on > asked.last_day, true)
    ),
    left_over as (
        select
            debtor_id,
            scope,
            coalesce(company_id, '') as company_id,
            coalesce(invoice_id, '') as invoice_id,
            pay_by,
            last_day,
            min(issue_date) as first_unpaid_on,
            min(case when due_date <= pay_by then issue_date end) as first_due_on
        from unsettled
        group by debtor_id, scope, coalesce(company_id, ''), coalesce(invoice_id, ''), pay_by, last_day
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
                    case when coalesce(most_paid.paid_amount, 0) >= promises.amount then 'kept' else 'broken' end
                -- What did not exist when it was made is no part of it.
                when left_over.first_due_on <= promises.promised_on then 'broken'
                -- Where nothing of it was due by then, something was paid, or all of it.
                when coalesce(most_paid.paid_amount, 0) > 0 or coalesce(most_paid.settled_items, 0) > 0 then 'kept'
                when left_over.first_unpaid_on <= promises.promised_on then 'broken'
                else 'kept'
            end as state
        from promises
        left join most_paid
            on promises.debtor_id = most_paid.debtor_id
            and promises.actor_id = most_paid.actor_id
            and promises.promise_id = most_paid.promise_id
        left join left_over
            on promises.debtor_id = left_over.debtor_id
            and promises.scope = left_over.scope
            and coalesce(promises.company_id, '') = left_over.company_id
            and coalesce(promises.invoice_id, '') = left_over.invoice_id
            and promises.pay_by = left_over.pay_by
            and promises.last_day = left_over.last_day
    )
select * from stated
