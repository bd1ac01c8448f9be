-- Purpose: what became of the promises of debtors that still owe something: pending, kept or broken.
-- Grain: promise_id
-- Reads: stg_promises, int_payments, int_items
-- Units: amount in units of the account's currency
-- Nulls: invoice_id null = all the debtor owes
-- Kind: table
with
    items as (select * from int_items),
    payments as (select * from int_payments),
    owing as (select distinct debtor_id from items where open_amount > 0),
    promises as (
        select stg_promises.*, cast(pay_by as int) + @promise_grace_days as last_day
        from stg_promises
        left semi join owing on stg_promises.debtor_id = owing.debtor_id
    ),
    paid as (
        -- A payment that names no invoice may well be the promised one.
        select promises.promise_id, payments.currency, sum(payments.amount) as paid_amount
        from promises
        inner join payments
            on promises.debtor_id = payments.debtor_id
            and payments.paid_on >= promises.promised_on
            and cast(payments.paid_on as int) <= promises.last_day
            and coalesce(payments.invoice_id = promises.invoice_id, true)
        group by promises.promise_id, payments.currency
    ),
    most_paid as (
        select promise_id, max(paid_amount) as paid_amount
        from paid
        group by promise_id
    ),
    left_unpaid as (
        -- A promise without an amount is one to pay all that is due by its day.
        select distinct promises.promise_id
        from promises
        inner join items
            on promises.debtor_id = items.debtor_id
            and items.due_date <= promises.pay_by
            and items.issue_date <= promises.promised_on
            and coalesce(promises.invoice_id = items.invoice_id, true)
        where promises.amount is null
            and coalesce(cast(items.settled_on as int) > promises.last_day, true)
    ),
    stated as (
        select
            promises.promise_id,
            promises.debtor_id,
            promises.invoice_id,
            promises.promised_on,
            promises.pay_by,
            case
                when promises.is_pending then 'pending'
                when left_unpaid.promise_id is not null then 'broken'
                when coalesce(most_paid.paid_amount, 0) < promises.amount then 'broken'
                else 'kept'
            end as state
        from promises
        left join most_paid on promises.promise_id = most_paid.promise_id
        left join left_unpaid on promises.promise_id = left_unpaid.promise_id
    )
select * from stated
