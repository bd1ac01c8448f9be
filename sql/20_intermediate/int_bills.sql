-- Purpose: every item as the model of payment sees it: when it was issued and payable, and when nothing was left of it.
-- Grain: none; one row per item
-- Reads: int_items, int_settled_items, int_payment_applications
-- Units: amount in units of currency
-- Columns: is_paid = most of it was paid: what is written off or credited says nothing of when it would have been paid
-- Nulls: ended_on null = something is left of it; is_paid null with it
-- Kind: view
with
    items as (select * from int_items),
    gone as (select * from int_settled_items where settled_on is not null),
    applications as (
        select
            item_key,
            sum(paid_amount) as paid_amount,
            sum(credited_amount) + sum(written_off_amount) as other_amount
        from int_payment_applications
        group by item_key
    ),
    bills as (
        select
            items.account_key,
            items.debtor_id,
            items.currency,
            items.issue_date,
            items.payable_on,
            items.original_amount as amount,
            items.settled_on as ended_on,
            case
                when items.settled_on is not null
                    then coalesce(applications.paid_amount, 0) > coalesce(applications.other_amount, 0)
            end as is_paid
        from items
        left join applications on items.item_key = applications.item_key
        union all
        -- Of an export of open items: what is gone.
        select account_key, debtor_id, currency, issue_date, payable_on, original_amount, settled_on, true
        from gone
    )
select * from bills
