-- Purpose: every item as the model of payment sees it: when it was issued and payable, and when it was paid.
-- Grain: none; one row per item
-- Reads: int_items, int_payment_applications
-- Units: amount in units of currency
-- Columns: is_paid = most of it was paid, and ended_on is then the day of the last payment: what is written off or credited says nothing
--   of when it would have been paid; what is left below the tolerance is not waited for
-- Nulls: ended_on null = something is left of it; is_paid null with it
-- Kind: view
with
    items as (select * from int_items),
    applications as (
        select
            item_key,
            sum(paid_amount) as paid_amount,
            sum(credited_amount) + sum(written_off_amount) as other_amount,
            max(case when paid_amount > 0 then paid_on end) as last_paid_on
        from int_payment_applications
        group by item_key
    ),
    judged as (
        select
            items.*,
            coalesce(items.settled_on, items.paid_up_on) as left_on,
            applications.last_paid_on,
            coalesce(applications.paid_amount, 0) > coalesce(applications.other_amount, 0) as is_mostly_paid
        from items
        left join applications on items.item_key = applications.item_key
    ),
    bills as (
        select
            account_key,
            debtor_id,
            currency,
            issue_date,
            payable_on,
            original_amount as amount,
            case when left_on is not null and is_mostly_paid then last_paid_on else left_on end as ended_on,
            case when left_on is not null then is_mostly_paid end as is_paid
        from judged
    )
select * from bills
