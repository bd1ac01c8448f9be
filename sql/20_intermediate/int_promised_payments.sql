-- Purpose: what was paid, and how many items were settled, from the day on which a promise was made to the last one on which
--   it could be kept; a payment that names no invoice may well be the promised one.
-- Grain: debtor_id, actor_id, promise_id
-- Reads: stg_promises, int_promiser_payments, run_tolerances
-- Units: paid_amount in units of the currency in which most was paid; counted_amount with what nobody would ask for
-- Nulls: counted_amount null = nothing was paid; a promise that is pending, or whose debtor never paid anything, has no row
-- Kind: table
with
    promises as (select * from stg_promises where not is_pending),
    moved as (select * from int_promiser_payments),
    by_look as (
        select promises.*, looks.look
        from (values ('own'), ('unnamed'), ('shared')) as looks (look)
        cross join promises
    ),
    looks as (
        -- A promise over an invoice or a company looks at what names no invoice, and no company, as well.
        select
            debtor_id,
            actor_id,
            promise_id,
            promised_on,
            last_day,
            case
                when look <> 'own' then 'unnamed'
                when invoice_id is not null then 'invoice'
                when company_id is not null then 'company'
                else 'debtor'
            end as scope,
            case when look <> 'shared' then company_id end as company_id,
            case when look = 'own' then invoice_id end as invoice_id
        from by_look
        where case look
                when 'own' then true
                when 'unnamed' then invoice_id is not null and company_id is not null
                else invoice_id is not null or company_id is not null
            end
    ),
    movements as (
        -- Every scope that a promise is over has a line of its own through time.
        select 'invoice' as scope, debtor_id, company_id, invoice_id, currency, moved_on, amount, settled_items
        from moved
        left semi join (select * from looks where scope = 'invoice') as looks
            on moved.debtor_id = looks.debtor_id
            and moved.invoice_id = looks.invoice_id
            and moved.company_id is not distinct from looks.company_id
        union all
        select 'unnamed', debtor_id, company_id, invoice_id, currency, moved_on, amount, settled_items
        from moved
        where invoice_id is null
        union all
        select 'company', debtor_id, company_id, cast(null as varchar), currency, moved_on, amount, settled_items
        from moved
        left semi join (select * from looks where scope = 'company') as looks
            on moved.debtor_id = looks.debtor_id
            and moved.company_id = looks.company_id
        union all
        select 'debtor', debtor_id, cast(null as varchar), cast(null as varchar), currency, moved_on, amount, settled_items
        from moved
        left semi join (select * from looks where scope = 'debtor') as looks on moved.debtor_id = looks.debtor_id
    ),
    currencies as (select distinct debtor_id, currency from moved),
    with_ends as (
        select looks.*, currencies.currency, ends.direction
        from (values (-1), (1)) as ends (direction)
        cross join looks
        inner join currencies on looks.debtor_id = currencies.debtor_id
    ),
    line as (
        -- A promise stands on it twice: before its first day, and at the end of its last one.
        select
            debtor_id,
            scope,
            company_id,
            invoice_id,
            currency,
            moved_on,
            amount,
            settled_items,
            cast(null as varchar) as actor_id,
            cast(null as varchar) as promise_id,
            cast(0 as bigint) as direction
        from movements
        union all
        select
            debtor_id,
            scope,
            company_id,
            invoice_id,
            currency,
            case when direction < 0 then cast(cast(promised_on as int) - 1 as date) else last_day end,
            cast(0 as decimal(18, 2)),
            0,
            actor_id,
            promise_id,
            direction
        from with_ends
    ),
    running as (
        select
            *,
            -- Only the difference between two points of one line is asked for, so the sums may run over all lines at once.
            sum(amount) over (
                order by debtor_id, scope, company_id, invoice_id, currency, moved_on, direction <> 0
                rows between unbounded preceding and current row
            ) as paid_to,
            sum(settled_items) over (
                order by debtor_id, scope, company_id, invoice_id, currency, moved_on, direction <> 0
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
            sum(case when direction > 0 then settled_to else -settled_to end) as settled_items
        from running
        where direction <> 0
        group by debtor_id, actor_id, promise_id, currency
    ),
    most_paid as (
        select
            debtor_id,
            actor_id,
            promise_id,
            cast(max(paid_amount) as decimal(28, 2)) as paid_amount,
            cast(
                max(case when paid_amount > 0 then paid_amount + coalesce(tolerances.tolerance_amount, 0) end)
                as decimal(28, 2)
            ) as counted_amount,
            sum(settled_items) as settled_items
        from paid
        left join run_tolerances as tolerances on paid.currency = tolerances.currency
        group by debtor_id, actor_id, promise_id
    )
select * from most_paid
