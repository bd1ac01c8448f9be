-- Purpose: the shard's part of what was billed and credited on each day of the months that are shown and of the sales days
--   before them, and the first day on which anything was billed.
-- Grain: company_id, currency, sold_on
-- Reads: int_item_flows
-- Units: net_sales_amount = billed less credited, in units of currency
-- Nulls: sold_on null = of all days: only first_issue_date counts, which is null in the other rows; days before
--   @known_from lack what was settled before it
-- Kind: table
with
    flows as (select * from int_item_flows),
    first_days as (
        select company_id, currency, min(issue_date) as first_issue_date
        from flows
        group by company_id, currency
    ),
    days as (
        select company_id, currency, flowed_on, sum(billed_amount - credited_amount) as net_sales_amount
        from flows
        where flowed_on >= @sales_from
        group by company_id, currency, flowed_on
        having sum(billed_amount - credited_amount) <> 0
    ),
    stated as (
        select
            company_id,
            currency,
            cast(null as date) as sold_on,
            cast(0 as decimal(28, 2)) as net_sales_amount,
            first_issue_date
        from first_days
        union all
        select company_id, currency, flowed_on, cast(net_sales_amount as decimal(28, 2)), cast(null as date)
        from days
    )
select * from stated
