-- Purpose: the items that were paid late in an arrears episode that has just ended, for the thanks.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: int_items, int_ended_episodes, cnd_debtors
-- Units: amounts in units of currency; days_past_due in calendar days from the contractual due date
-- Nulls: none
-- Kind: table
with
    episodes as (select * from int_ended_episodes),
    items as (select * from int_items where settled_on > payable_on),
    debtors as (select group_key, group_id, debtor_id from cnd_debtors),
    joined as (
        select
            debtors.group_key,
            debtors.group_id,
            items.debtor_id,
            items.company_id,
            items.currency,
            episodes.episode_start,
            episodes.ended_on,
            items.invoice_id,
            items.installment_no,
            items.issue_date,
            items.due_date,
            items.payable_on,
            cast(@as_of_day - cast(items.due_date as int) as bigint) as days_past_due,
            items.original_amount,
            items.open_amount
        from items
        inner join episodes
            on items.debtor_id = episodes.debtor_id
            and items.company_id = episodes.company_id
            and items.currency = episodes.currency
            and items.due_date >= episodes.episode_start
        inner join debtors on items.debtor_id = debtors.debtor_id
    )
select * from joined
order by group_key, group_id, debtor_id, company_id, currency, due_date, invoice_id, installment_no
