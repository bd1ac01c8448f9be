-- Purpose: cures: accounts that were late one period ago and are late no more; and of those cured before, who is late again.
-- Grain: company_id, currency
-- Reads: fct_cures, all_known
-- Units: numbers of accounts; rates from 0 to 1
-- Nulls: a rate where nobody was late, or cured; with the scope "open" no rows until one period was
--   observed, and what came before it is null until two were
-- Kind: table
with
    facts as (
        select facts.*, coalesce(known.known_from, @known_from) as known_from
        from fct_cures as facts
        left join all_known as known on facts.company_id = known.company_id and facts.currency = known.currency
        where coalesce(known.known_from, @known_from) <= @rolled_from
    ),
    summed as (
        select
            company_id,
            currency,
            sum(accounts_overdue_before) as accounts_overdue_before,
            sum(accounts_cured) as accounts_cured,
            case when max(known_from) <= @rolled_twice_from then sum(accounts_cured_before) end as accounts_cured_before,
            case when max(known_from) <= @rolled_twice_from then sum(accounts_redefaulted) end as accounts_redefaulted
        from facts
        group by company_id, currency
    ),
    stated as (
        select
            @as_of as as_of_date,
            @rolled_from as from_date,
            company_id,
            currency,
            accounts_overdue_before,
            accounts_cured,
            cast(accounts_cured as double) / nullif(cast(accounts_overdue_before as double), 0.0) as cure_rate,
            accounts_cured_before,
            accounts_redefaulted,
            cast(accounts_redefaulted as double) / nullif(cast(accounts_cured_before as double), 0.0) as redefault_rate,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from summed
    )
select * from stated
order by company_id, currency
