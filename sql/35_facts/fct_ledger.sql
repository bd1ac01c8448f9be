-- Purpose: the shard's part of the control totals that tie the inputs to the aging.
-- Grain: currency
-- Reads: int_items, int_items_aged, int_gone_items, int_payment_applications, int_credits
-- Units: amounts in units of currency; gone_amount = applied to instalments that an export of open items no longer holds
-- Nulls: none
-- Kind: table
with
    items as (select * from int_items),
    aged as (select * from int_items_aged),
    credits as (select * from int_credits),
    of_items as (
        select currency, sum(original_amount) as original_amount, sum(applied_amount) as applied_amount, sum(open_amount) as open_amount
        from items
        group by currency
    ),
    of_buckets as (
        select currency, sum(open_amount) as bucket_amount
        from aged
        group by currency
    ),
    of_gone as (
        select gone.currency, sum(applications.applied_amount) as gone_amount
        from int_gone_items as gone
        inner join int_payment_applications as applications on gone.item_key = applications.item_key
        group by gone.currency
    ),
    of_credits as (
        select
            currency,
            sum(effect_amount) as effect_amount,
            sum(credit_amount) as credit_amount,
            sum(unmatched_amount) as unmatched_amount,
            sum(unknown_amount) as unknown_amount
        from credits
        group by currency
    ),
    currencies as (
        select currency from of_items
        union select currency from of_credits
    ),
    joined as (
        select
            currencies.currency,
            cast(coalesce(of_items.original_amount, 0) as decimal(28, 2)) as original_amount,
            cast(coalesce(of_items.applied_amount, 0) as decimal(28, 2)) as applied_amount,
            cast(coalesce(of_items.open_amount, 0) as decimal(28, 2)) as open_amount,
            cast(coalesce(of_buckets.bucket_amount, 0) as decimal(28, 2)) as bucket_amount,
            cast(coalesce(of_gone.gone_amount, 0) as decimal(28, 2)) as gone_amount,
            cast(coalesce(of_credits.effect_amount, 0) as decimal(28, 2)) as effect_amount,
            cast(coalesce(of_credits.credit_amount, 0) as decimal(28, 2)) as credit_amount,
            cast(coalesce(of_credits.unmatched_amount, 0) as decimal(28, 2)) as unmatched_amount,
            cast(coalesce(of_credits.unknown_amount, 0) as decimal(28, 2)) as unknown_amount
        from currencies
        left join of_items on currencies.currency = of_items.currency
        left join of_buckets on currencies.currency = of_buckets.currency
        left join of_gone on currencies.currency = of_gone.currency
        left join of_credits on currencies.currency = of_credits.currency
    )
select * from joined
