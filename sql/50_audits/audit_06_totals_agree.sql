-- Purpose: items, accounts and decisions speak of the same amounts.
-- Grain: none; one row per finding
-- Reads: out_items, out_debtors, out_decisions
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: audit
with
    items as (select company_id, currency, sum(open_amount) as amount from out_items group by company_id, currency),
    debtors as (select company_id, currency, sum(open_amount) as amount from out_debtors group by company_id, currency),
    decisions as (
        -- A duty stands beside the decision on its account, and speaks of the same amount once more.
        select company_id, currency, sum(open_amount) as amount
        from out_decisions
        where reason <> 'duty'
        group by company_id, currency
    ),
    joined as (
        select
            coalesce(items.company_id, debtors.company_id, decisions.company_id) as company_id,
            coalesce(items.currency, debtors.currency, decisions.currency) as currency,
            coalesce(items.amount, 0) as of_items,
            coalesce(debtors.amount, 0) as of_debtors,
            coalesce(decisions.amount, 0) as of_decisions
        from items
        full join debtors on items.company_id = debtors.company_id and items.currency = debtors.currency
        full join decisions on items.company_id = decisions.company_id and items.currency = decisions.currency
    ),
    findings as (
        select
            concat(company_id, ' ', currency) as subject,
            cast(of_items as varchar) as expected,
            concat(cast(of_debtors as varchar), ' in accounts, ', cast(of_decisions as varchar), ' in decisions') as actual,
            cast(case when of_debtors <> of_items then of_debtors else of_decisions end - of_items as varchar) as difference
        from joined
        where of_items <> of_debtors or of_items <> of_decisions
    )
select * from findings
