-- Purpose: roll rates: where the money of each bucket of one period ago is now.
-- Grain: company_id, currency, from_state, to_state
-- Reads: fct_rolls, all_known
-- Units: amount in units of currency; rate from 0 to 1, of all that was in from_state
-- Nulls: none; with the scope "open" no rows until one period was observed
-- Kind: table
with
    facts as (
        select facts.*, coalesce(known.known_from, @known_from) as known_from
        from fct_rolls as facts
        left join all_known as known on facts.company_id = known.company_id and facts.currency = known.currency
        where coalesce(known.known_from, @known_from) <= @rolled_from
    ),
    summed as (
        select
            company_id,
            currency,
            from_state,
            to_state,
            cast(sum(amount) as decimal(18, 2)) as amount,
            sum(items) as items
        from facts
        group by company_id, currency, from_state, to_state
    ),
    stated as (
        select
            @as_of as as_of_date,
            @rolled_from as from_date,
            company_id,
            currency,
            from_state,
            to_state,
            amount,
            items,
            cast(amount as double)
            / cast(sum(amount) over (partition by company_id, currency, from_state) as double) as rate,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from summed
    )
select * from stated
order by company_id, currency, from_state, to_state
