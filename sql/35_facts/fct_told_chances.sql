-- Purpose: the shard's part of what models told of bills while they were in use.
-- Grain: company_id, currency, is_in_use, seen, chance, is_late
-- Reads: int_told_chances, raw_accounts
-- Units: as in int_told_chances
-- Nulls: none
-- Kind: table
with
    told as (select * from int_told_chances),
    accounts as (select account_key, company_id, currency from raw_accounts),
    grouped as (
        select
            accounts.company_id,
            accounts.currency,
            told.is_in_use,
            told.seen,
            told.chance,
            told.is_late,
            cast(sum(told.bills) as bigint) as bills,
            cast(sum(told.counting_errors) as bigint) as counting_errors
        from told
        inner join accounts on told.account_key = accounts.account_key
        group by accounts.company_id, accounts.currency, told.is_in_use, told.seen, told.chance, told.is_late
    )
select * from grouped
