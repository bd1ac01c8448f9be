-- Purpose: how each account to decide on has paid, as the model of payment looks at it; no rows where no model is used.
-- Grain: debtor_id, company_id, currency
-- Reads: int_habits, raw_accounts
-- Units: as in int_habits
-- Nulls: as in int_habits
-- Kind: table
with
    habits as (select * from int_habits),
    accounts as (select account_key, debtor_id, company_id, currency from raw_accounts),
    joined as (
        select accounts.debtor_id, accounts.company_id, accounts.currency, habits.* exclude (account_key)
        from habits
        inner join accounts on habits.account_key = accounts.account_key
    )
select * from joined
