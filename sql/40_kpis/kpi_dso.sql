-- Purpose: days sales outstanding: how many days of net credit sales are still to be paid.
-- Grain: company_id, currency
-- Reads: fct_portfolio, fct_sales, fct_months, run_months, all_known
-- Units: amounts in units of currency; days
-- Nulls: the days, where there were no net sales; countback_dso_days also where it would go back beyond the first month of
--   which all invoices are known, or ten years; with the scope "open" sales and days where not all sales days were observed
-- Kind: table
with
    owed as (
        select
            company_id,
            currency,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount,
            cast(sum(current_amount) as decimal(18, 2)) as current_amount,
            cast(sum(credit_amount) as decimal(18, 2)) as credit_amount
        from fct_portfolio
        group by company_id, currency
    ),
    first_days as (
        select company_id, currency, min(first_issue_date) as first_issue_date
        from fct_sales
        group by company_id, currency
    ),
    sales as (
        select company_id, currency, cast(sum(net_sales_amount) as decimal(18, 2)) as sales_amount
        from fct_sales
        where sold_on <= @as_of and cast(sold_on as int) > @as_of_day - @sales_days
        group by company_id, currency
    ),
    months as (
        select
            company_id,
            currency,
            month_key,
            sum(billed_amount - credited_amount) as net_sales_amount,
            sum(billed_amount) as billed_amount
        from fct_months
        group by company_id, currency, month_key
    ),
    first_months as (
        select months.company_id, months.currency, min(months.month_key) as first_month_key
        from months
        inner join run_months on months.month_key = run_months.month_key
        left join all_known as known on months.company_id = known.company_id and months.currency = known.currency
        where months.billed_amount > 0 and run_months.month_from >= coalesce(known.known_from, @known_from)
        group by months.company_id, months.currency
    ),
    back as (
        -- From the month of the as-of date back to the first one, those without sales too.
        select
            first_months.company_id,
            first_months.currency,
            run_months.month_no,
            run_months.days,
            coalesce(months.net_sales_amount, 0) as net_sales_amount
        from first_months
        inner join run_months on run_months.month_key >= first_months.first_month_key
        left join months
            on first_months.company_id = months.company_id
            and first_months.currency = months.currency
            and run_months.month_key = months.month_key
    ),
    running as (
        select
            company_id,
            currency,
            month_no,
            days,
            net_sales_amount,
            sum(net_sales_amount) over (
                partition by company_id, currency order by month_no rows between unbounded preceding and current row
            ) as sold_to,
            sum(days) over (
                partition by company_id, currency order by month_no rows between unbounded preceding and current row
            ) as days_to
        from back
    ),
    reached as (
        select
            running.*,
            owed.open_amount,
            row_number() over (partition by running.company_id, running.currency order by running.month_no) as place
        from running
        inner join owed on running.company_id = owed.company_id and running.currency = owed.currency
        where running.sold_to >= owed.open_amount
    ),
    counted_back as (
        select
            company_id,
            currency,
            cast(days_to - days as double)
            + coalesce(
                cast(open_amount - (sold_to - net_sales_amount) as double)
                / nullif(cast(net_sales_amount as double), 0.0),
                0.0
            )
            * cast(days as double) as countback_dso_days
        from reached
        where place = 1
    ),
    joined as (
        select
            owed.*,
            case
                when cast(coalesce(known.known_from, @known_from) as int) <= @as_of_day - @sales_days
                    then coalesce(sales.sales_amount, cast(0 as decimal(18, 2)))
            end as sales_amount,
            cast(@as_of_day - cast(first_days.first_issue_date as int) + 1 as bigint) as days_known,
            counted_back.countback_dso_days
        from owed
        left join sales on owed.company_id = sales.company_id and owed.currency = sales.currency
        left join first_days on owed.company_id = first_days.company_id and owed.currency = first_days.currency
        left join all_known as known on owed.company_id = known.company_id and owed.currency = known.currency
        left join counted_back
            on owed.company_id = counted_back.company_id
            and owed.currency = counted_back.currency
    ),
    in_days as (
        select
            *,
            case when days_known is not null and sales_amount is not null then least(@sales_days, days_known) end
                as sales_days
        from joined
    ),
    with_unit as (
        select
            *,
            case
                when sales_amount > 0 then cast(sales_days as double) / cast(sales_amount as double)
            end as days_of_unit
        from in_days
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            open_amount,
            current_amount,
            credit_amount,
            sales_amount,
            sales_days,
            cast(open_amount as double) * days_of_unit as dso_days,
            cast(current_amount as double) * days_of_unit as best_possible_dso_days,
            cast(open_amount - current_amount as double) * days_of_unit as delinquent_days,
            -- Whole months go back beyond the first invoice.
            case
                when days_of_unit is not null and countback_dso_days is not null
                    then least(countback_dso_days, cast(days_known as double))
            end as countback_dso_days,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from with_unit
    )
select * from stated
order by company_id, currency
