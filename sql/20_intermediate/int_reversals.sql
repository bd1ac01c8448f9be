-- Purpose: what every reversal takes back, or puts back: those that name an invoice from it, the others from the parts of
--   their payment, never more than was paid.
-- Grain: none; one row per part of a payment that a reversal touches, and one for what finds no part
-- Reads: stg_payments, int_reversed_payments, int_named_reversals
-- Units: effect_amount in units of currency, below zero where it takes back
-- Nulls: invoice_id null = touches what was unapplied, or finds no part (is_unplaced); installment_no null = of no one instalment
-- Kind: table
with
    root_parts as (select * from int_reversed_payments),
    named as (select * from int_named_reversals),
    charges_only as (
        -- Taking back fine and interest reopens no principal.
        select debtor_id, payment_id
        from root_parts
        group by debtor_id, payment_id
        having bool_and(kind = 'charges')
    ),
    by_invoice as (
        select debtor_id, root_id, company_id, invoice_id, sum(back_amount) as back_amount
        from named
        where part_amount is not null
        group by debtor_id, root_id, company_id, invoice_id
    ),
    parts as (
        -- All that a payment paid, and what of it reversals that name its invoice have taken back.
        select
            root_parts.*,
            abs(root_parts.effect_amount) as size,
            coalesce(by_invoice.back_amount, 0) as back_amount,
            sum(abs(root_parts.effect_amount)) over (
                partition by
                    root_parts.debtor_id, root_parts.actor_id, root_parts.payment_id,
                    root_parts.company_id, root_parts.invoice_id
                order by root_parts.installment_no desc, root_parts.kind
                rows between unbounded preceding and current row
            ) as of_invoice_to,
            sum(root_parts.effect_amount) over (
                partition by root_parts.debtor_id, root_parts.actor_id, root_parts.payment_id
            ) as of_payment,
            sum(case when root_parts.kind = 'charges' then root_parts.amount else 0 end) over (
                partition by root_parts.debtor_id, root_parts.actor_id, root_parts.payment_id
            ) as charges_amount
        from root_parts
        left join by_invoice
            on root_parts.debtor_id = by_invoice.debtor_id
            and root_parts.payment_id = by_invoice.root_id
            and root_parts.invoice_id = by_invoice.invoice_id
            and root_parts.company_id is not distinct from by_invoice.company_id
    ),
    left_parts as (
        -- What paid nothing goes back first, then the invoices from the last to the first; a refund goes back as a refund.
        select
            *,
            case
                when effect_amount <> 0 and (effect_amount > 0) = (of_payment >= 0)
                    then size - least(greatest(back_amount - (of_invoice_to - size), 0), size)
                else 0
            end as left_amount
        from parts
    ),
    spans as (
        select
            *,
            sum(left_amount) over (
                partition by debtor_id, actor_id, payment_id, currency
                order by invoice_id is not null, invoice_id desc, company_id desc, installment_no desc, kind
                rows between unbounded preceding and current row
            ) as span_to
        from left_parts
    ),
    whole as (
        -- Reversals of a payment as a whole. The level to which it is taken back falls where it is put back.
        select
            group_key,
            payment_id,
            root_id,
            debtor_id,
            actor_id,
            paid_on,
            currency,
            kind,
            -effect_amount as taken_amount,
            sum(-effect_amount) over (
                partition by debtor_id, actor_id, root_id
                order by paid_on, payment_id
                rows between unbounded preceding and current row
            ) as taken_to
        from stg_payments
        where reverses is not null and kind <> 'charges' and invoice_id is null
    ),
    joined as (
        -- One row for every part, and one for the reversal itself with all that there was to take back.
        select
            whole.*,
            spans.company_id,
            spans.invoice_id,
            spans.installment_no,
            spans.currency as root_currency,
            spans.kind as root_kind,
            case when spans.of_payment < 0 then 1 else -1 end as direction,
            spans.span_to - spans.left_amount as span_from,
            spans.span_to,
            false as is_unplaced
        from whole
        inner join spans
            on whole.debtor_id = spans.debtor_id
            and whole.actor_id = spans.actor_id
            and whole.root_id = spans.payment_id
        where spans.left_amount > 0
        union all
        select
            whole.*,
            cast(null as varchar),
            cast(null as varchar),
            cast(null as bigint),
            coalesce(roots.currency, whole.currency) as root_currency,
            whole.kind as root_kind,
            case when roots.of_payment < 0 then 1 else -1 end,
            cast(0 as decimal(28, 2)),
            coalesce(roots.paid_amount, 0) + coalesce(roots.charges_amount, 0),
            true
        from whole
        left join (
            select
                debtor_id,
                actor_id,
                payment_id,
                max(span_to) as paid_amount,
                max(case when left_amount > 0 then currency end) as currency,
                min(of_payment) as of_payment,
                max(charges_amount) as charges_amount
            from spans
            group by debtor_id, actor_id, payment_id
        ) as roots
            on whole.debtor_id = roots.debtor_id
            and whole.actor_id = roots.actor_id
            and whole.root_id = roots.payment_id
    ),
    of_whole as (
        select
            *,
            least(greatest(taken_to, span_from), span_to)
                - least(greatest(taken_to - taken_amount, span_from), span_to) as within_amount
        from joined
    ),
    effects as (
        select
            group_key, payment_id, root_id, debtor_id, actor_id, company_id, invoice_id, installment_no, paid_on,
            root_currency as currency, kind, root_kind, is_unplaced,
            direction * case when is_unplaced then taken_amount - within_amount else within_amount end as effect_amount
        from of_whole
        union all
        select
            group_key, payment_id, root_id, debtor_id, actor_id, company_id, invoice_id, installment_no, paid_on,
            currency, kind, root_kind, false,
            case when part_amount < 0 then back_amount else -back_amount end
        from named
        union all
        select
            group_key, payment_id, root_id, debtor_id, actor_id, cast(null as varchar), cast(null as varchar),
            cast(null as bigint), paid_on, currency, kind, root_kind, true,
            case when part_amount < 0 then 1 else -1 end * (taken_amount - back_amount - charges_back_amount)
        from named
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
            cast(effect_amount as decimal(18, 2)) as effect_amount,
            is_unplaced
        from effects
        left anti join charges_only
            on effects.debtor_id = charges_only.debtor_id
            and effects.root_id = charges_only.payment_id
        where effects.effect_amount <> 0
    )
select * from stated
