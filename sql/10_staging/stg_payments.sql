-- Purpose: payments by the as-of date with their effect on principal: applied above zero, taken back below zero.
-- Grain: debtor_id, actor_id, payment_id, company_id, invoice_id, installment_no, kind
-- Reads: raw_payments
-- Units: effect_amount in units of currency
-- Nulls: invoice_id null = unapplied; installment_no null = the instalments are filled in order of due date; company_id
--   null = the payment names none, nor a known invoice
-- Kind: view
with
    snapshot as (select * from raw_payments where paid_on <= @as_of),
    signed as (
        select
            account_key,
            invoice_key,
            group_key,
            payment_id,
            -- Who owes what was paid, and who paid it.
            debtor_id,
            actor_id,
            company_id,
            invoice_id,
            installment_no,
            paid_on,
            coalesce(currency, @default_currency) as currency,
            coalesce(kind, 'payment') as kind,
            reverses,
            -- The payment at the end of a chain of reversals, and whether this one takes it back or puts it back.
            root_id,
            takes_back,
            amount,
            cast(
                case
                    when kind = 'charges' then 0
                    when reverses is not null and not takes_back then abs(amount)
                    when reverses is not null or kind in ('refund', 'chargeback') then -abs(amount)
                    else amount
                end
                as decimal(18, 2)
            ) as effect_amount
        from snapshot
    )
select * from signed
