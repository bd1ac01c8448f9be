-- Purpose: what the months brought, and what became of the items of one period ago, is what is open now.
-- Grain: none; one row per finding
-- Reads: out_items, fct_months, fct_rolls
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: audit
with
    items as (
        select
            company_id,
            currency,
            sum(open_amount) as open_amount,
            sum(case when days_past_due > 0 then open_amount else 0 end) as late_amount
        from out_items
        group by company_id, currency
    ),
    months as (
        select
            company_id,
            currency,
            sum(billed_amount - paid_amount - credited_amount - written_off_amount) as open_amount,
            sum(late_change) as late_amount
        from fct_months
        group by company_id, currency
    ),
    rolls as (
        select company_id, currency, sum(amount) as open_amount
        from fct_rolls
        where to_state not in ('paid', 'credited', 'written_off')
        group by company_id, currency
    ),
    joined as (
        select
            coalesce(items.company_id, months.company_id, rolls.company_id) as company_id,
            coalesce(items.currency, months.currency, rolls.currency) as currency,
            coalesce(cast(items.open_amount as decimal(28, 2)), 0) as open_amount,
            coalesce(cast(items.late_amount as decimal(28, 2)), 0) as late_amount,
            coalesce(cast(months.open_amount as decimal(28, 2)), 0) as open_by_months,
            coalesce(cast(months.late_amount as decimal(28, 2)), 0) as late_by_months,
            coalesce(cast(rolls.open_amount as decimal(28, 2)), 0) as open_by_rolls
        from items
        full join months on items.company_id = months.company_id and items.currency = months.currency
        full join rolls on items.company_id = rolls.company_id and items.currency = rolls.currency
    ),
    compared as (
        select company_id, currency, 'open by months' as what, open_amount as expected, open_by_months as actual from joined
        union all
        select company_id, currency, 'late by months', late_amount, late_by_months from joined
        union all
        select company_id, currency, 'open by roll rates', open_amount, open_by_rolls from joined
    ),
    findings as (
        select
            concat(company_id, ' ', currency, ' ', what) as subject,
            cast(expected as varchar) as expected,
            cast(actual as varchar) as actual,
            cast(actual - expected as varchar) as difference
        from compared
        -- Nobody knows what became of the items of a day before the first run that saw them.
        where expected <> actual and (what <> 'open by roll rates' or @known_from <= @rolled_from)
    )
select * from findings
