-- Purpose: the portfolio on one line per company and currency.
-- Grain: company_id, currency
-- Reads: fct_portfolio
-- Units: amounts in units of currency; delinquency_rate from 0 to 1
-- Nulls: delinquency_rate is null where nothing is open, days_past_due_avg where nothing is overdue
-- Kind: table
with
    facts as (select * from fct_portfolio),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            sum(debtors) as debtors,
            sum(items) as items,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount,
            cast(sum(current_amount) as decimal(18, 2)) as current_amount,
            cast(sum(overdue_amount) as decimal(18, 2)) as overdue_amount,
            cast(sum(overdue_30_amount) as decimal(18, 2)) as overdue_30_amount,
            cast(sum(overdue_60_amount) as decimal(18, 2)) as overdue_60_amount,
            cast(sum(overdue_90_amount) as decimal(18, 2)) as overdue_90_amount,
            cast(sum(overdue_amount) as double) / nullif(cast(sum(open_amount) as double), 0.0) as delinquency_rate,
            cast(sum(credit_amount) as decimal(18, 2)) as credit_amount,
            cast(sum(disputed_amount) as decimal(18, 2)) as disputed_amount,
            cast(sum(promised_amount) as decimal(18, 2)) as promised_amount,
            cast(sum(agreement_amount) as decimal(18, 2)) as agreement_amount,
            cast(sum(agency_amount) as decimal(18, 2)) as agency_amount,
            cast(sum(listed_amount) as decimal(18, 2)) as listed_amount,
            cast(sum(unidentified_amount) as decimal(18, 2)) as unidentified_amount,
            cast(sum(overdue_days) as double) / nullif(cast(sum(overdue_amount) as double), 0.0) as days_past_due_avg,
            sum(overdue_debtors) as overdue_debtors
        from facts
        group by company_id, currency
    )
select * from summed
order by company_id, currency
