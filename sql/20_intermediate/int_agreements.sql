-- Purpose: agreements in force, or paid to the end, as the ledger knows them too: it may know of a payment that the agreement
--   does not know of yet.
-- Grain: debtor_id, agreement_id
-- Reads: stg_agreements, raw_agreement_items, stg_payments, stg_invoices
-- Units: none
-- Nulls: agreed_on = the first due date where nobody says when
-- Kind: table
with
    stated as (select * from stg_agreements),
    late as (select * from stated where is_owed and not is_kept),
    covered as (
        select distinct items.debtor_id, items.actor_id, items.agreement_id, items.invoice_id
        from raw_agreement_items as items
        left semi join late on items.agreement_id = late.agreement_id and items.actor_id = late.debtor_id
    ),
    payments as (
        -- Fine and interest are part of an instalment.
        select
            payments.debtor_id,
            payments.invoice_id,
            payments.paid_on,
            case when payments.kind = 'charges' and payments.reverses is null then payments.amount else payments.effect_amount end as amount
        from stg_payments as payments
        left semi join (select debtor_id from late union select debtor_id from covered) as debtors
            on payments.debtor_id = debtors.debtor_id
    ),
    unplaced as (
        -- What names no invoice, or one that nobody knows, may be meant for any of them.
        select payments.*
        from payments
        left anti join stg_invoices as invoices
            on payments.debtor_id = invoices.debtor_id
            and payments.invoice_id = invoices.invoice_id
    ),
    paid as (
        select late.debtor_id, late.agreement_id, payments.amount
        from late
        inner join covered on late.agreement_id = covered.agreement_id and late.debtor_id = covered.actor_id
        inner join payments
            on covered.debtor_id = payments.debtor_id
            and covered.invoice_id = payments.invoice_id
            and payments.paid_on >= late.agreed_on
        union all
        select late.debtor_id, late.agreement_id, unplaced.amount
        from late
        inner join unplaced on late.debtor_id = unplaced.debtor_id and unplaced.paid_on >= late.agreed_on
    ),
    summed as (
        select debtor_id, agreement_id, sum(amount) as paid_amount
        from paid
        group by debtor_id, agreement_id
    ),
    known as (
        select
            stated.debtor_id,
            stated.agreement_id,
            stated.has_items,
            stated.is_owed,
            stated.is_kept or coalesce(summed.paid_amount >= stated.due_amount, false) as is_kept,
            stated.agreed_on
        from stated
        left join summed on stated.debtor_id = summed.debtor_id and stated.agreement_id = summed.agreement_id
    )
select * from known
