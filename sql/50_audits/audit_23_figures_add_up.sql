-- Purpose: what is in somebody's charge, and what the forecast begins with, is what is open; and no contact recovered more than was
--   open.
-- Grain: none; one row per finding
-- Reads: out_items, fct_collectors, fct_expected, fct_recovery
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: audit
with
    items as (
        select
            company_id,
            currency,
            sum(open_amount) as open_amount,
            sum(case when days_past_due > 0 then open_amount else 0 end) as overdue_amount
        from out_items
        group by company_id, currency
    ),
    owned as (
        select company_id, currency, sum(open_amount) as open_amount, sum(overdue_amount) as overdue_amount
        from fct_collectors
        group by company_id, currency
    ),
    expected as (
        select company_id, currency, sum(open_amount) as open_amount
        from fct_expected
        group by company_id, currency
    ),
    joined as (
        select
            coalesce(items.company_id, owned.company_id, expected.company_id) as company_id,
            coalesce(items.currency, owned.currency, expected.currency) as currency,
            coalesce(cast(items.open_amount as decimal(28, 2)), 0) as open_amount,
            coalesce(cast(items.overdue_amount as decimal(28, 2)), 0) as overdue_amount,
            coalesce(cast(owned.open_amount as decimal(28, 2)), 0) as owned_amount,
            coalesce(cast(owned.overdue_amount as decimal(28, 2)), 0) as owned_overdue_amount,
            coalesce(cast(expected.open_amount as decimal(28, 2)), 0) as expected_amount
        from items
        full join owned on items.company_id = owned.company_id and items.currency = owned.currency
        full join expected on items.company_id = expected.company_id and items.currency = expected.currency
    ),
    compared as (
        select company_id, currency, 'open by collectors' as what, open_amount as expected, owned_amount as actual from joined
        union all
        select company_id, currency, 'overdue by collectors', overdue_amount, owned_overdue_amount from joined
        union all
        select company_id, currency, 'open by the forecast', open_amount, expected_amount from joined
    ),
    recovered as (
        select company_id, currency, concat('recovered by ', step_id, ' ', channel) as what, contacted_amount, recovered_amount
        from fct_recovery
        where recovered_amount > contacted_amount or recovered_amount < 0
    ),
    differences as (
        select company_id, currency, what, expected, actual from compared where expected <> actual
        union all
        select company_id, currency, what, contacted_amount, recovered_amount from recovered
    ),
    findings as (
        select
            concat(company_id, ' ', currency, ' ', what) as subject,
            cast(expected as varchar) as expected,
            cast(actual as varchar) as actual,
            cast(actual - expected as varchar) as difference
        from differences
    )
select * from findings
