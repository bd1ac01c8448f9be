-- Purpose: what was paid, and how many items were settled, from the day on which a promise was made to the last one on which
--   it could be kept; a payment that names no invoice may well be the promised one.
-- Grain: debtor_id, actor_id, promise_id
-- Reads: stg_promises, int_payments, int_charge_payments, int_items
-- Units: paid_amount in units of the currency in which most was paid
-- Nulls: none; a promise that is pending, or whose debtor never paid anything, has no row
-- Kind: table
with
    promises as (select * from stg_promises where not is_pending),
    promisers as (select distinct debtor_id from promises),
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
    wanted as (
        select distinct debtor_id, scope, coalesce(company_id, '') as company_key, coalesce(invoice_id, '') as invoice_key
        from looks
    ),
    moved as (
        select debtor_id, company_id, invoice_id, currency, paid_on as moved_on, amount, 0 as settled
        from int_payments as payments
        left semi join promisers on payments.debtor_id = promisers.debtor_id
        union all
        -- Whoever promises what is due pays fine and interest with it.
        select debtor_id, company_id, invoice_id, currency, paid_on, amount, 0
        from int_charge_payments as payments
        left semi join promisers on payments.debtor_id = promisers.debtor_id
        union all
        select debtor_id, company_id, invoice_id, currency, settled_on, cast(0 as decimal(18, 2)), 1
        from int_items as items
        left semi join promisers on items.debtor_id = promisers.debtor_id
        where settled_on is not null
    ),
    by_scope as (
        select moved.*, scopes.scope
        -- The few stand first: the engine makes a batch for every row of the first.
        from (values ('invoice'), ('unnamed'), ('company'), ('debtor')) as scopes (scope)
        cross join moved
    ),
    scoped as (
        -- Every scope that a promise can be over has a line of its own through time.
        select
            debtor_id,
            scope,
            case when scope <> 'debtor' then company_id end as company_id,
            case when scope = 'invoice' then invoice_id end as invoice_id,
            currency,
            moved_on,
            amount,
            settled
        from by_scope
        where case scope
                when 'invoice' then invoice_id is not null
                when 'unnamed' then invoice_id is null
                when 'company' then company_id is not null
                else true
            end
    ),
    movements as (
        -- And only those that some promise is over.
        select scoped.*
        from scoped
        left semi join wanted
            on scoped.debtor_id = wanted.debtor_id
            and scoped.scope = wanted.scope
            and coalesce(scoped.company_id, '') = wanted.company_key
            and coalesce(scoped.invoice_id, '') = wanted.invoice_key
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
            settled,
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
            sum(settled) over (
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
            sum(settled_items) as settled_items
        from paid
        group by debtor_id, actor_id, promise_id
    )
select * from most_paid
