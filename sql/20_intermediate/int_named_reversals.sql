-- Purpose: what the reversals that name an invoice take back from it, or put back: never more than the payment at the end of
--   their chain paid there. A reversal of a reversal puts back, and so on along the chain.
-- Grain: none; one row per reversal and invoice
-- Reads: stg_payments, int_reversed_payments
-- Units: amounts in units of currency, above zero where it takes back: taken_amount as it says, back_amount of principal,
--   charges_back_amount of fine and interest
-- Nulls: part_amount null = the snapshot lacks what it reverses, and it takes back all that it says; below zero it reverses
--   what was taken back
-- Kind: table
with
    root_parts as (select * from int_reversed_payments where invoice_id is not null),
    reversals as (
        select * from stg_payments
        where reverses is not null and kind <> 'charges' and invoice_id is not null
    ),
    on_invoices as (
        -- What a payment paid on one invoice, and on which instalment where that is its only part there.
        select
            debtor_id,
            payment_id,
            company_id,
            invoice_id,
            max(case when kind <> 'charges' then currency end) as currency,
            max(case when kind <> 'charges' then kind end) as kind,
            sum(effect_amount) as root_amount,
            sum(case when kind = 'charges' then amount else 0 end) as charges_amount,
            case when count(case when kind <> 'charges' then 1 end) = 1 then max(installment_no) end as installment_no
        from root_parts
        group by debtor_id, payment_id, company_id, invoice_id
    ),
    on_instalments as (
        select debtor_id, payment_id, company_id, invoice_id, installment_no, sum(effect_amount) as root_amount
        from root_parts
        where installment_no is not null and kind <> 'charges'
        group by debtor_id, payment_id, company_id, invoice_id, installment_no
    ),
    naming as (
        select
            reversals.group_key,
            reversals.payment_id,
            reversals.root_id,
            reversals.debtor_id,
            reversals.actor_id,
            reversals.company_id,
            reversals.invoice_id,
            coalesce(reversals.installment_no, on_invoices.installment_no) as installment_no,
            reversals.paid_on,
            coalesce(on_invoices.currency, reversals.currency) as currency,
            reversals.kind,
            coalesce(on_invoices.kind, reversals.kind) as root_kind,
            on_invoices.root_amount,
            on_invoices.charges_amount,
            -reversals.effect_amount as taken_amount
        from reversals
        left join on_invoices
            on reversals.debtor_id = on_invoices.debtor_id
            and reversals.root_id = on_invoices.payment_id
            and reversals.invoice_id = on_invoices.invoice_id
            and reversals.company_id is not distinct from on_invoices.company_id
    ),
    levels as (
        -- Up to which amount was it taken back before, and up to which with this one? A level falls where it is put back.
        select
            naming.*,
            coalesce(on_instalments.root_amount, naming.root_amount) as part_amount,
            abs(coalesce(on_instalments.root_amount, naming.root_amount)) as paid_amount,
            sum(taken_amount) over (
                partition by
                    naming.debtor_id, naming.root_id, naming.company_id, naming.invoice_id, naming.installment_no
                order by naming.paid_on, naming.payment_id
                rows between unbounded preceding and current row
            ) as taken_to
        from naming
        left join on_instalments
            on naming.debtor_id = on_instalments.debtor_id
            and naming.root_id = on_instalments.payment_id
            and naming.invoice_id = on_instalments.invoice_id
            and naming.installment_no = on_instalments.installment_no
            and naming.company_id is not distinct from on_instalments.company_id
    ),
    stated as (
        select
            group_key,
            payment_id,
            root_id,
            debtor_id,
            actor_id,
            company_id,
            invoice_id,
            installment_no,
            paid_on,
            currency,
            kind,
            root_kind,
            part_amount,
            taken_amount,
            cast(
                case
                    when part_amount is null then taken_amount
                    else least(greatest(taken_to, 0), paid_amount)
                        - least(greatest(taken_to - taken_amount, 0), paid_amount)
                end
                as decimal(28, 2)
            ) as back_amount,
            cast(
                case
                    when part_amount is null then 0
                    else least(greatest(taken_to, paid_amount), paid_amount + charges_amount)
                        - least(greatest(taken_to - taken_amount, paid_amount), paid_amount + charges_amount)
                end
                as decimal(28, 2)
            ) as charges_back_amount
        from levels
    )
select * from stated
