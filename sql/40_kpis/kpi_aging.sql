-- Purpose: what is owed by segment and bucket.
-- Grain: company_id, currency, segment, bucket_no
-- Reads: fct_aging
-- Units: amounts in units of currency; credits below zero in a row of their own
-- Nulls: none
-- Kind: table
with
    facts as (select * from fct_aging),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            segment,
            bucket_no,
            bucket,
            sum(items) as items,
            sum(debtors) as debtors,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount
        from facts
        group by company_id, currency, segment, bucket_no, bucket
    )
select * from summed
order by company_id, currency, segment, bucket_no
