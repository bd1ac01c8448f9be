-- Purpose: what is left of each payment once its reversals are taken off.
-- Grain: debtor_id, payment_id, company_id, invoice_id, currency
-- Reads: int_payment_parts, raw_accounts
-- Units: amount in units of currency, above zero; charges are left out
-- Nulls: invoice_id null = unapplied; company_id null = named by nothing
-- Kind: table
with
    parts as (select * from int_payment_parts where not is_unplaced),
    netted as (
        select
            account_key,
            root_id as payment_id,
            invoice_id,
            min(case when not is_reversal then paid_on end) as paid_on,
            cast(sum(effect_amount) as decimal(18, 2)) as amount
        from parts
        group by account_key, root_id, invoice_id
        having bool_or(kind = 'payment' and not is_reversal) and sum(effect_amount) > 0
    ),
    named as (
        select
            netted.account_key,
            accounts.group_key,
            accounts.debtor_id,
            netted.payment_id,
            accounts.company_id,
            netted.invoice_id,
            accounts.currency,
            netted.paid_on,
            netted.amount
        -- The smaller table stands first: the engine does not know how many groups there will be, and hashes what it meets first.
        from raw_accounts as accounts
        inner join netted on accounts.account_key = netted.account_key
    )
select * from named
