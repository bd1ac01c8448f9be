-- Purpose: every effect on an invoice: payments, credit notes and what takes them back.
-- Grain: none; one row per effect
-- Reads: stg_payments, stg_credit_notes, stg_invoices, int_reversals, raw_accounts
-- Units: effect_amount in units of currency, below zero where it takes back
-- Nulls: invoice_id and invoice_key null = unapplied; installment_no null = fills the instalments in order of due date;
--   company_id null = named by nothing; is_unplaced = taken back beyond all that its payment paid: it touches nothing
-- Kind: table
with
    payments as (select * from stg_payments where kind <> 'charges' and reverses is null),
    credit_notes as (select * from stg_credit_notes),
    reversals as (select * from int_reversals),
    noted_invoices as (
        select distinct invoices.invoice_key
        from stg_invoices as invoices
        left semi join credit_notes on invoices.invoice_key = credit_notes.original_invoice_key
    ),
    noted as (
        -- A note for an invoice that the snapshot does not hold, or of another currency, is a credit of its account.
        select
            credit_notes.account_key,
            noted_invoices.invoice_key,
            credit_notes.group_key,
            credit_notes.credit_note_id as payment_id,
            credit_notes.credit_note_id as root_id,
            credit_notes.debtor_id,
            credit_notes.actor_id,
            credit_notes.company_id,
            case when noted_invoices.invoice_key is not null then credit_notes.original_invoice_id end as invoice_id,
            cast(null as bigint) as installment_no,
            credit_notes.issue_date as paid_on,
            credit_notes.currency,
            'credit_note' as kind,
            'credit_note' as root_kind,
            credit_notes.amount as effect_amount,
            false as is_unplaced,
            false as is_reversal
        from credit_notes
        left join noted_invoices on credit_notes.original_invoice_key = noted_invoices.invoice_key
    ),
    paid as (
        select
            account_key,
            invoice_key,
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
        where effect_amount >= 0
    ),
    note_keys as (select distinct credit_note_key from credit_notes),
    refunded as (
        -- What a credit note gave and was paid out was the account's credit.
        select
            payments.account_key,
            case when note_keys.credit_note_key is null then payments.invoice_key end as invoice_key,
            payments.group_key,
            payments.payment_id,
            payments.payment_id as root_id,
            payments.debtor_id,
            payments.actor_id,
            payments.company_id,
            case when note_keys.credit_note_key is null then payments.invoice_id end as invoice_id,
            payments.installment_no,
            payments.paid_on,
            payments.currency,
            payments.kind,
            payments.kind as root_kind,
            payments.effect_amount,
            false as is_unplaced,
            false as is_reversal
        from payments
        left join note_keys on payments.invoice_key = note_keys.credit_note_key
        where payments.effect_amount < 0
    ),
    named_invoices as (
        -- What is taken back was paid on an invoice that some payment names.
        select distinct payments.account_key, payments.invoice_id, payments.invoice_key
        from stg_payments as payments
        left semi join reversals
            on payments.debtor_id = reversals.debtor_id
            and payments.invoice_id = reversals.invoice_id
    ),
    reversed as (
        select
            accounts.account_key,
            named_invoices.invoice_key,
            reversals.group_key,
            reversals.payment_id,
            reversals.root_id,
            reversals.debtor_id,
            reversals.actor_id,
            reversals.company_id,
            reversals.invoice_id,
            reversals.installment_no,
            reversals.paid_on,
            reversals.currency,
            reversals.kind,
            reversals.root_kind,
            reversals.effect_amount,
            reversals.is_unplaced,
            true as is_reversal
        from reversals
        inner join raw_accounts as accounts
            on reversals.debtor_id = accounts.debtor_id
            and reversals.currency = accounts.currency
            and reversals.company_id is not distinct from accounts.company_id
        left join named_invoices
            on accounts.account_key = named_invoices.account_key
            and reversals.invoice_id = named_invoices.invoice_id
    ),
    parts as (
        select * from paid
        union all select * from refunded
        union all select * from noted
        union all select * from reversed
    )
select * from parts
