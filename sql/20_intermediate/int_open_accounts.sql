-- Purpose: the accounts with an open item, and what those come to.
-- Grain: account_key
-- Reads: int_items_aged, raw_accounts
-- Units: dates; open_items counts
-- Nulls: none
-- Kind: table
with
    items as (select * from int_items_aged),
    open_accounts as (
        select
            account_key,
            count(*) as open_items,
            min(due_date) as oldest_due_date,
            min(payable_on) as oldest_payable_on,
            min(issue_date) as first_issue_date,
            min(invoice_id) as first_invoice_id,
            bool_or(promise_broken) as promise_broken,
            bool_or(agreement_broken) as agreement_broken
        from items
        group by account_key
    ),
    owing as (
        select
            open_accounts.account_key,
            names.group_key,
            names.debtor_id,
            names.company_id,
            names.currency,
            open_accounts.open_items,
            open_accounts.oldest_due_date,
            open_accounts.oldest_payable_on,
            open_accounts.first_issue_date,
            open_accounts.first_invoice_id,
            open_accounts.promise_broken,
            open_accounts.agreement_broken
        from open_accounts
        inner join raw_accounts as names on open_accounts.account_key = names.account_key
    )
select * from owing
