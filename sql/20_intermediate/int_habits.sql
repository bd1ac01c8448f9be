-- Purpose: how each account has paid, as the model of payment looks at it; no rows where no model is used. The rule is
--   src/domain/learning/habits.rs; this query names the bills that it walks through.
-- Grain: account_key
-- Reads: int_bills, int_accounts
-- Units: amount in minor units of currency; days late from the payable day, below zero = early, between -60 and 90
-- Columns: paid, late, late_15, late_30 = bills paid, and paid late by more than 0, 15 and 30 days; delays, delay_squares and
--   days_late = sums of days late, of their squares, and of those above zero; sizes = sum of binary logarithms of amounts in
--   1/1024; recent = the last bills paid, five at most; open, overdue = bills that are open, and past their payable day;
--   overdue_15, overdue_30 = those that have stood for more than 15 and 30 days after it
-- Nulls: oldest_payable_on, second_payable_on null = fewer bills are open
-- Kind: fold
with
    accounts as (select distinct account_key from int_accounts where @scores = 1),
    bills as (
        select
            @as_of as as_of_date,
            bills.account_key,
            bills.currency,
            bills.issue_date,
            bills.payable_on,
            cast(bills.amount * 100 as bigint) as amount,
            bills.ended_on,
            coalesce(bills.is_paid, false) as is_paid
        from int_bills as bills
        left semi join accounts on bills.account_key = accounts.account_key
    )
select * from bills
