-- Purpose: every effect on an invoice: payments, credit notes and what takes them back.
-- Grain: none; one row per effect
-- Reads: stg_payments, stg_credit_notes
-- Units: effect_amount in units of currency, below zero where it takes back
-- Nulls: invoice_id null = unapplied; installment_no null = fills the instalments in order of due date; reverses null = takes no payment back
-- Kind: table
with
    payments as (select * from stg_payments where kind <> 'charges'),
    credit_notes as (select * from stg_credit_notes),
    originals as (select * from payments where reverses is null),
    reversed_ids as (
        select distinct debtor_id, reverses as payment_id
        from payments
        where reverses is not null
    ),
    reversed_payments as (
        select stg_payments.*
        from stg_payments
        left semi join reversed_ids
            on stg_payments.debtor_id = reversed_ids.debtor_id
            and stg_payments.payment_id = reversed_ids.payment_id
        where stg_payments.reverses is null
    ),
    charges_only as (
        -- Taking back fine and interest reopens no principal.
        select debtor_id, payment_id
        from reversed_payments
        group by debtor_id, payment_id
        having bool_and(kind = 'charges')
    ),
    reversals as (
        select payments.*
        from payments
        left anti join charges_only
            on payments.debtor_id = charges_only.debtor_id
            and payments.reverses = charges_only.payment_id
        where payments.reverses is not null
    ),
    sole_parts as (
        -- The instalment that a payment named, where it is its only part on that invoice.
        select debtor_id, payment_id, invoice_id, max(installment_no) as installment_no, max(currency) as currency
        from reversed_payments
        where invoice_id is not null and kind <> 'charges'
        group by debtor_id, payment_id, invoice_id
        having count(*) = 1
    ),
    reversed_parts as (
        select
            reversals.payment_id,
            reversals.debtor_id,
            reversals.invoice_id,
            coalesce(reversals.installment_no, sole_parts.installment_no) as installment_no,
            reversals.paid_on,
            coalesce(sole_parts.currency, reversals.currency) as currency,
            reversals.kind,
            reversals.reverses,
            reversals.effect_amount
        from reversals
        left join sole_parts
            on reversals.debtor_id = sole_parts.debtor_id
            and reversals.reverses = sole_parts.payment_id
            and reversals.invoice_id = sole_parts.invoice_id
        where reversals.invoice_id is not null
    ),
    whole_reversals as (
        -- Reversals of a payment as a whole: up to which amount was it taken back before, and up to which with this one?
        select
            *,
            coalesce(
                sum(-effect_amount) over (
                    partition by debtor_id, reverses
                    order by paid_on, payment_id
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as taken_from,
            sum(-effect_amount) over (
                partition by debtor_id, reverses
                order by paid_on, payment_id
                rows between unbounded preceding and current row
            ) as taken_to
        from reversals
        where invoice_id is null
    ),
    original_spans as (
        -- What paid nothing goes back first, then the invoices from the last to the first.
        select
            *,
            sum(effect_amount) over (
                partition by debtor_id, payment_id, currency
                order by invoice_id is not null, invoice_id desc, installment_no desc
                rows between unbounded preceding and current row
            ) as span_to
        from reversed_payments
        where kind <> 'charges' and effect_amount > 0
    ),
    reversed_whole as (
        -- A reversal that names no invoice takes back the parts of its payment, never more than it says nor than was paid.
        select
            whole_reversals.payment_id,
            original_spans.debtor_id,
            original_spans.invoice_id,
            original_spans.installment_no,
            whole_reversals.paid_on,
            original_spans.currency,
            whole_reversals.kind,
            whole_reversals.reverses,
            cast(
                greatest(taken_from, span_to - original_spans.effect_amount) - least(taken_to, span_to)
                as decimal(18, 2)
            ) as effect_amount
        from whole_reversals
        inner join original_spans
            on whole_reversals.debtor_id = original_spans.debtor_id
            and whole_reversals.reverses = original_spans.payment_id
        where least(taken_to, span_to) > greatest(taken_from, span_to - original_spans.effect_amount)
    ),
    noted as (
        select
            credit_note_id as payment_id,
            debtor_id,
            original_invoice_id as invoice_id,
            cast(null as bigint) as installment_no,
            issue_date as paid_on,
            currency,
            'credit_note' as kind,
            cast(null as varchar) as reverses,
            amount as effect_amount
        from credit_notes
    ),
    paid as (
        select payment_id, debtor_id, invoice_id, installment_no, paid_on, currency, kind, reverses, effect_amount
        from originals
    ),
    parts as (
        select * from paid
        union all select * from reversed_parts
        union all select * from reversed_whole
        union all select * from noted
    )
select * from parts
