-- Purpose: what was posted to an item, or to an invoice without naming an item, over how many days.
-- Grain: debtor_id, company_id, invoice_id, currency, installment_no
-- Reads: int_payment_parts
-- Units: amounts in units of currency
-- Nulls: installment_no null = the posting names none; company_id null = no company has such an invoice
-- Kind: table
with
    parts as (select * from int_payment_parts where invoice_id is not null),
    grouped as (
        select
            debtor_id,
            company_id,
            invoice_id,
            currency,
            installment_no,
            sum(effect_amount) as amount,
            min(effect_amount) as least_amount,
            min(paid_on) as first_on,
            max(paid_on) as last_on
        from parts
        group by debtor_id, company_id, invoice_id, currency, installment_no
    )
select * from grouped
