-- Purpose: what models told of the bills that have fallen due in the last 182 days, while those models were in use, beside what became
--   of the bills. No rows where no model is used. The rule is src/domain/learning/told.rs; this query names the bills
--   that it walks through.
-- Grain: account_key, is_in_use, seen, chance, is_late
-- Reads: int_bills
-- Units: chance = that of being late which was told, in thousandths; counting_errors = squares of how far the account's share of
--   late bills was from what came, in thousandths of thousandths, added up
-- Columns: is_in_use = by the model in use, else by one that earlier runs used; seen = at_issue or before_due; bills = how many
-- Nulls: none
-- Kind: fold
with
    bills as (
        select
            account_key,
            currency,
            issue_date,
            payable_on,
            cast(amount * 100 as bigint) as amount,
            ended_on,
            coalesce(is_paid, false) as is_paid
        from int_bills
        -- Of a model of yesterday nothing can have come.
        where @scores = 1 and @told_from < @as_of
    )
select * from bills
