-- Purpose: month by month, what was owed, billed, collected, credited and written off, and how well it was collected.
-- Grain: company_id, currency, month
-- Reads: fct_months, fct_sales, run_months, all_known
-- Units: amounts in units of currency; cei and cei_cash in per cent, rates from 0 to 1, dso in days
-- Nulls: cei and cei_cash where nothing was there to collect, averages where nothing was collected, dso without net sales; with
--   the scope "open" months that were not observed from their first day have no row, and dso is null where the sales days were not
-- Kind: table
with
    facts as (
        select
            company_id,
            currency,
            month_key,
            sum(billed_amount) as billed_amount,
            sum(paid_amount) as paid_amount,
            sum(credited_amount) as credited_amount,
            sum(written_off_amount) as written_off_amount,
            sum(late_change) as late_change,
            sum(kept_amount) as kept_amount,
            sum(paid_days) as paid_days,
            sum(late_days) as late_days
        from fct_months
        group by company_id, currency, month_key
    ),
    months as (select * from run_months where month_no < @months and month_from > @known_from),
    flows as (
        -- Every month beside all that was before it and in it.
        select
            months.month_key,
            months.month_from,
            months.month_to,
            months.is_partial,
            facts.company_id,
            facts.currency,
            facts.month_key = months.month_key as is_own,
            facts.billed_amount - facts.paid_amount - facts.credited_amount - facts.written_off_amount as open_change,
            facts.late_change,
            facts.billed_amount,
            facts.paid_amount,
            facts.credited_amount,
            facts.written_off_amount,
            facts.kept_amount,
            facts.paid_days,
            facts.late_days
        from months
        inner join facts on facts.month_key <= months.month_key
    ),
    summed as (
        select
            company_id,
            currency,
            month_from,
            month_to,
            is_partial,
            cast(sum(case when is_own then 0 else open_change end) as decimal(18, 2)) as opening_amount,
            cast(sum(case when is_own then billed_amount else 0 end) as decimal(18, 2)) as billed_amount,
            cast(sum(case when is_own then paid_amount else 0 end) as decimal(18, 2)) as collected_amount,
            cast(sum(case when is_own then credited_amount else 0 end) as decimal(18, 2)) as credited_amount,
            cast(sum(case when is_own then written_off_amount else 0 end) as decimal(18, 2)) as written_off_amount,
            cast(sum(open_change) as decimal(18, 2)) as closing_amount,
            cast(sum(late_change) as decimal(18, 2)) as closing_overdue_amount,
            sum(case when is_own then kept_amount else 0 end) as kept_amount,
            sum(case when is_own then paid_days else 0 end) as paid_days,
            sum(case when is_own then late_days else 0 end) as late_days
        from flows
        group by company_id, currency, month_from, month_to, is_partial
    ),
    sales as (
        select company_id, currency, sold_on, sum(net_sales_amount) as net_sales_amount
        from fct_sales
        where sold_on is not null
        group by company_id, currency, sold_on
    ),
    first_days as (
        select company_id, currency, min(first_issue_date) as first_issue_date
        from fct_sales
        group by company_id, currency
    ),
    sold as (
        select
            sales.company_id,
            sales.currency,
            months.month_from,
            cast(sum(sales.net_sales_amount) as double) as sales_amount
        from months
        inner join sales
            on sales.sold_on <= months.month_to
            and cast(sales.sold_on as int) > cast(months.month_to as int) - @sales_days
        group by sales.company_id, sales.currency, months.month_from
    ),
    rated as (
        select
            summed.*,
            summed.opening_amount + summed.billed_amount - summed.credited_amount
            - (summed.closing_amount - summed.closing_overdue_amount) as collectable_amount,
            case
                when sold.sales_amount > 0.0 and cast(coalesce(known.known_from, @known_from) as int) <= cast(summed.month_to as int) - @sales_days
                    then
                        cast(
                            least(
                                @sales_days,
                                cast(summed.month_to as int) - cast(first_days.first_issue_date as int) + 1
                            )
                            as double
                        )
                        / sold.sales_amount
            end as days_of_unit
        from summed
        left join sold
            on summed.company_id = sold.company_id
            and summed.currency = sold.currency
            and summed.month_from = sold.month_from
        left join first_days on summed.company_id = first_days.company_id and summed.currency = first_days.currency
        left join all_known as known on summed.company_id = known.company_id and summed.currency = known.currency
        where summed.month_from > coalesce(known.known_from, @known_from)
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            month_from as month,
            is_partial,
            opening_amount,
            billed_amount,
            collected_amount,
            credited_amount,
            written_off_amount,
            closing_amount,
            closing_overdue_amount,
            case
                when collectable_amount > 0
                    then cast(collected_amount + written_off_amount as double) / cast(collectable_amount as double) * 100.0
            end as cei,
            case
                when collectable_amount > 0
                    then cast(collected_amount as double) / cast(collectable_amount as double) * 100.0
            end as cei_cash,
            cast(closing_overdue_amount as double) / nullif(cast(closing_amount as double), 0.0) as delinquency_rate,
            cast(closing_amount as double) * days_of_unit as dso_days,
            cast(closing_amount - closing_overdue_amount as double) * days_of_unit as best_possible_dso_days,
            cast(paid_days as double) / nullif(cast(kept_amount as double), 0.0) as days_to_pay_avg,
            cast(late_days as double) / nullif(cast(kept_amount as double), 0.0) as days_late_avg,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from rated
    )
select * from stated
order by company_id, currency, month
