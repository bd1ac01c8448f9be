-- Purpose: the shard's part of the aging, and its credits as a bucket of their own.
-- Grain: company_id, currency, segment, bucket_no
-- Reads: out_items, out_debtors
-- Units: amounts in units of currency; credits below zero
-- Nulls: none
-- Kind: table
with
    items as (select * from out_items),
    debtors as (select * from out_debtors),
    open_items as (
        select
            company_id,
            currency,
            segment,
            bucket_no,
            bucket,
            count(*) as items,
            count(distinct debtor_id) as debtors,
            sum(open_amount) as open_amount
        from items
        group by company_id, currency, segment, bucket_no, bucket
    ),
    credits as (
        select
            company_id,
            currency,
            segment,
            cast(-1 as bigint) as bucket_no,
            'credits' as bucket,
            cast(0 as bigint) as items,
            count(*) as debtors,
            sum(-credit_amount) as open_amount
        from debtors
        where credit_amount <> 0
        group by company_id, currency, segment
    ),
    aging as (
        select * from open_items
        union all select * from credits
    )
select
    company_id,
    currency,
    segment,
    bucket_no,
    bucket,
    items,
    debtors,
    cast(open_amount as decimal(18, 2)) as open_amount
from aging
