-- Purpose: every effect on an invoice: payments, credit notes and what takes them back.
-- Grain: none; one row per effect
-- Reads: stg_payments, stg_credit_notes, stg_invoices, int_reversals
-- Units: effect_amount in units of currency, below zero where it takes back
-- Nulls: invoice_id null = unapplied; installment_no null = fills the instalments in order of due date; company_id null =
--   named by nothing; is_unplaced = taken back beyond all that its payment paid: it touches nothing
-- Kind: table
with
    payments as (select * from stg_payments where kind <> 'charges' and reverses is null),
    credit_notes as (select * from stg_credit_notes),
    invoices as (select distinct debtor_id, company_id, invoice_id, currency from stg_invoices),
    noted as (
        -- A note for an invoice that the snapshot does not hold, or of another currency, is a credit of its account.
        select
            credit_notes.group_key,
            credit_notes.credit_note_id as payment_id,
            credit_notes.credit_note_id as root_id,
            credit_notes.debtor_id,
            credit_notes.actor_id,
            credit_notes.company_id,
            invoices.invoice_id,
            cast(null as bigint) as installment_no,
            credit_notes.issue_date as paid_on,
            credit_notes.currency,
            'credit_note' as kind,
            'credit_note' as root_kind,
            credit_notes.amount as effect_amount,
            false as is_unplaced,
            false as is_reversal
        from credit_notes
        left join invoices
            on credit_notes.debtor_id = invoices.debtor_id
            and credit_notes.company_id = invoices.company_id
            and credit_notes.original_invoice_id = invoices.invoice_id
            and credit_notes.currency = invoices.currency
    ),
    paid as (
        select
            group_key,
            payment_id,
            payment_id as root_id,
            debtor_id,
            actor_id,
            company_id,
            invoice_id,
            installment_no,
            paid_on,
            currency,
            kind,
            kind as root_kind,
            effect_amount,
            false as is_unplaced,
            false as is_reversal
        from payments
    ),
    parts as (
        select * from paid
        union all select * from noted
        union all
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
            effect_amount,
            is_unplaced,
            true
        from int_reversals
    )
select * from parts
