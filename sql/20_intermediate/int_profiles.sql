-- Purpose: how an account has paid, and how its debtor has answered, over the profile window.
-- Grain: debtor_id, company_id, currency
-- Reads: int_items, int_settled_items, int_accounts, int_payments, int_observed_flows, stg_coming_payments, int_promises, int_broken_agreements, int_answers, raw_accounts
-- Units: days late weighted by amount; ratios from 0 to 1; amounts in units of currency
-- Columns: next_payment_on = the first day of a payment that is dated after the as-of date
-- Nulls: ratios, averages and worst delays are null without history, which is not the same as zero
-- Kind: table
with
    accounts as (select account_key, debtor_id, company_id, currency from int_accounts),
    payments as (select * from int_payments),
    promises as (select * from int_promises where state = 'broken' and promised_on >= @window_from),
    agreements as (select * from int_broken_agreements),
    answers as (select * from int_answers),
    all_items as (
        select account_key, due_date, payable_on, settled_on, original_amount from int_items
        union all
        select account_key, due_date, payable_on, settled_on, original_amount
        from int_settled_items
        where settled_on is not null
    ),
    due_items as (
        select
            items.*,
            -- Paid by the payable day is in time; later it counts from the due date.
            case when settled_on > payable_on then cast(settled_on as int) - cast(due_date as int) else 0 end as days_late
        from all_items as items
        left semi join accounts on items.account_key = accounts.account_key
        where items.due_date >= @window_from and items.payable_on < @as_of
    ),
    paid as (
        select
            account_key,
            count(*) as items_due,
            count(case when settled_on <= payable_on then 1 end) as paid_on_time,
            count(case when settled_on > payable_on then 1 end) as paid_late,
            -- Of open items alone nobody can say how much was paid in time.
            case
                when @scope_open = 1 and count(settled_on) = 0 then null
                else cast(count(case when coalesce(settled_on > payable_on, true) then 1 end) as double) / count(*)
            end as late_ratio,
            cast(sum(case when settled_on is not null then original_amount * days_late end) as double)
                / cast(sum(case when settled_on is not null then original_amount end) as double) as days_late_avg,
            cast(max(case when settled_on is not null then days_late end) as bigint) as days_late_max
        from due_items
        group by account_key
    ),
    single_payments as (
        select account_key, payment_id, max(paid_on) as paid_on, sum(amount) as amount
        from payments
        group by account_key, payment_id
    ),
    all_payments as (
        select account_key, paid_on, amount from single_payments
        union all
        -- Of an export of open items: what is gone, or less, since a run saw it.
        select account_key, flowed_on, cast(null as decimal(18, 2)) from int_observed_flows where paid_amount > 0
    ),
    paying as (
        select
            account_key,
            max(paid_on) as last_payment_on,
            cast(max(amount) as decimal(18, 2)) as largest_payment
        from all_payments
        group by account_key
    ),
    paying_debtors as (
        select accounts.debtor_id, accounts.currency, paying.last_payment_on, paying.largest_payment
        from paying
        inner join raw_accounts as accounts on paying.account_key = accounts.account_key
        where accounts.company_id is null
    ),
    coming as (select * from stg_coming_payments),
    coming_debtors as (
        select accounts.debtor_id, accounts.currency, coming.next_payment_on
        from coming
        inner join raw_accounts as accounts on coming.account_key = accounts.account_key
        where accounts.company_id is null
    ),
    broken as (
        select debtor_id, count(*) as broken_promises
        from promises
        group by debtor_id
    ),
    answering as (
        select
            debtor_id,
            sum(contacts) as contacts,
            cast(sum(answered) as double) / nullif(cast(sum(contacts) as double), 0.0) as answer_ratio,
            sum(bounced) as bounces
        from answers
        group by debtor_id
    ),
    profiles as (
        select
            accounts.debtor_id,
            accounts.company_id,
            accounts.currency,
            coalesce(paid.items_due, 0) as items_due,
            coalesce(paid.paid_on_time, 0) as paid_on_time,
            coalesce(paid.paid_late, 0) as paid_late,
            paid.late_ratio,
            paid.days_late_avg,
            paid.days_late_max,
            -- What names no company was paid to any of them; greatest() passes over nulls.
            greatest(paying.last_payment_on, of_debtor.last_payment_on) as last_payment_on,
            cast(@as_of_day - cast(greatest(paying.last_payment_on, of_debtor.last_payment_on) as int) as bigint) as last_payment_days,
            greatest(paying.largest_payment, of_debtor.largest_payment) as largest_payment,
            least(coming.next_payment_on, coming_of_debtor.next_payment_on) as next_payment_on,
            coalesce(broken.broken_promises, 0) as broken_promises,
            coalesce(agreements.broken_agreements, 0) as broken_agreements,
            coalesce(answering.contacts, 0) as contacts,
            answering.answer_ratio,
            coalesce(answering.bounces, 0) as bounces
        from accounts
        left join paid on accounts.account_key = paid.account_key
        left join paying on accounts.account_key = paying.account_key
        left join paying_debtors as of_debtor
            on accounts.debtor_id = of_debtor.debtor_id
            and accounts.currency = of_debtor.currency
        left join coming on accounts.account_key = coming.account_key
        left join coming_debtors as coming_of_debtor
            on accounts.debtor_id = coming_of_debtor.debtor_id
            and accounts.currency = coming_of_debtor.currency
        left join broken on accounts.debtor_id = broken.debtor_id
        left join agreements on accounts.debtor_id = agreements.debtor_id
        left join answering on accounts.debtor_id = answering.debtor_id
    )
select * from profiles
