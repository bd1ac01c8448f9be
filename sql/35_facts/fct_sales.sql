-- Purpose: the shard's part of what was billed and credited on each day of the months that are shown and of the sales days
--   before them, and the first day on which anything was billed.
-- Grain: company_id, currency, sold_on
-- Reads: int_item_flows, raw_books
-- Units: net_sales_amount = billed less credited, in units of currency
-- Nulls: sold_on null = of all days: only first_issue_date counts, which is null in the other rows; days before
--   @known_from lack what was settled before it
-- Kind: table
with
    days as (
        select
            book_key,
            flowed_on,
            sum(billed_amount - credited_amount) as net_sales_amount,
            min(issue_date) as first_issue_date
        from int_item_flows
        where billed_amount <> 0 or credited_amount <> 0
        group by book_key, flowed_on
    ),
    stated as (
        select
            book_key,
            cast(null as date) as sold_on,
            cast(0 as decimal(28, 2)) as net_sales_amount,
            min(first_issue_date) as first_issue_date
        from days
        group by book_key
        union all
        select book_key, flowed_on, cast(net_sales_amount as decimal(28, 2)), cast(null as date)
        from days
        where flowed_on >= @sales_from and net_sales_amount <> 0
    ),
    named as (
        select
            books.company_id,
            books.currency,
            stated.sold_on,
            stated.net_sales_amount,
            stated.first_issue_date
        from stated
        inner join raw_books as books on stated.book_key = books.book_key
    )
select * from named
