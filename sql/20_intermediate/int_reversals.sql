-- Purpose: what every reversal takes back, or puts back: from the parts of the payment at the end of its chain, never more
--   than was paid. A reversal of a reversal puts back, and so on along the chain.
-- Grain: none; one row per part of a payment that a reversal touches, and one for what finds no part
-- Reads: stg_payments
-- Units: effect_amount in units of currency, below zero where it takes back
-- Nulls: invoice_id null = touches what was unapplied, or finds no part (is_unplaced); installment_no null = of no one instalment
-- Kind: table
with
    payments as (select * from stg_payments),
    of_principal as (select * from payments where reverses is not null and kind <> 'charges'),
    roots as (select distinct debtor_id, root_id from of_principal),
    root_parts as (
        select payments.*
        from payments
        left semi join roots on payments.debtor_id = roots.debtor_id and payments.payment_id = roots.root_id
        where payments.reverses is null
    ),
    charges_only as (
        -- Taking back fine and interest reopens no principal.
        select debtor_id, payment_id
        from root_parts
        group by debtor_id, payment_id
        having bool_and(kind = 'charges')
    ),
    reversals as (
        select of_principal.*
        from of_principal
        left anti join charges_only
            on of_principal.debtor_id = charges_only.debtor_id
            and of_principal.root_id = charges_only.payment_id
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
        where invoice_id is not null
        group by debtor_id, payment_id, company_id, invoice_id
    ),
    on_instalments as (
        select debtor_id, payment_id, company_id, invoice_id, installment_no, sum(effect_amount) as root_amount
        from root_parts
        where invoice_id is not null and installment_no is not null and kind <> 'charges'
        group by debtor_id, payment_id, company_id, invoice_id, installment_no
    ),
    naming as (
        -- Reversals that name an invoice.
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
        where reversals.invoice_id is not null
    ),
    naming_levels as (
        -- Up to which amount was it taken back before, and up to which with this one? A level falls where it is put back.
        select
            naming.*,
            coalesce(on_instalments.root_amount, naming.root_amount) as part_amount,
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
    naming_effects as (
        -- Never more than the payment paid there; where the snapshot lacks the payment, all that it says.
        select
            *,
            case
                when part_amount is null then taken_amount
                else least(greatest(taken_to, 0), abs(part_amount))
                    - least(greatest(taken_to - taken_amount, 0), abs(part_amount))
            end as back_amount,
            case
                when part_amount is null then 0
                else least(greatest(taken_to, abs(part_amount)), abs(part_amount) + charges_amount)
                    - least(greatest(taken_to - taken_amount, abs(part_amount)), abs(part_amount) + charges_amount)
            end as charges_back_amount
        from naming_levels
    ),
    by_invoice as (
        select debtor_id, root_id, company_id, invoice_id, sum(back_amount) as back_amount
        from naming_effects
        where part_amount is not null
        group by debtor_id, root_id, company_id, invoice_id
    ),
    whole as (
        -- Reversals of a payment as a whole.
        select
            *,
            sum(-effect_amount) over (
                partition by debtor_id, actor_id, root_id
                order by paid_on, payment_id
                rows between unbounded preceding and current row
            ) as taken_to
        from reversals
        where invoice_id is null
    ),
    whole_roots as (select distinct debtor_id, actor_id, root_id from whole),
    principal_parts as (
        select
            root_parts.*,
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
            ) as of_payment
        from root_parts
        left semi join whole_roots
            on root_parts.debtor_id = whole_roots.debtor_id
            and root_parts.actor_id = whole_roots.actor_id
            and root_parts.payment_id = whole_roots.root_id
        left join by_invoice
            on root_parts.debtor_id = by_invoice.debtor_id
            and root_parts.payment_id = by_invoice.root_id
            and root_parts.invoice_id = by_invoice.invoice_id
            and root_parts.company_id is not distinct from by_invoice.company_id
        where root_parts.kind <> 'charges'
    ),
    left_parts as (
        -- What reversals that name the invoice leave of each part.
        select
            *,
            abs(effect_amount)
                - least(greatest(back_amount - (of_invoice_to - abs(effect_amount)), 0), abs(effect_amount)) as left_amount
        from principal_parts
        where effect_amount <> 0 and (effect_amount > 0) = (of_payment >= 0)
    ),
    spans as (
        -- What paid nothing goes back first, then the invoices from the last to the first.
        select
            *,
            sum(left_amount) over (
                partition by debtor_id, actor_id, payment_id, currency
                order by invoice_id is not null, invoice_id desc, company_id desc, installment_no desc, kind
                rows between unbounded preceding and current row
            ) as span_to
        from left_parts
    ),
    touched as (
        select
            whole.group_key,
            whole.payment_id,
            whole.root_id,
            spans.debtor_id,
            spans.actor_id,
            spans.company_id,
            spans.invoice_id,
            spans.installment_no,
            whole.paid_on,
            spans.currency,
            whole.kind,
            spans.kind as root_kind,
            (
                least(greatest(taken_to + whole.effect_amount, span_to - left_amount), span_to)
                - least(greatest(taken_to, span_to - left_amount), span_to)
            ) * case when spans.effect_amount < 0 then -1 else 1 end as effect_amount
        from whole
        inner join spans
            on whole.debtor_id = spans.debtor_id
            and whole.actor_id = spans.actor_id
            and whole.root_id = spans.payment_id
    ),
    capacities as (
        select debtor_id, actor_id, payment_id, max(span_to) as paid_amount, max(currency) as currency, min(of_payment) as of_payment
        from spans
        group by debtor_id, actor_id, payment_id
    ),
    charged as (
        select debtor_id, actor_id, payment_id, sum(amount) as charges_amount
        from root_parts
        where kind = 'charges'
        group by debtor_id, actor_id, payment_id
    ),
    whole_rest as (
        -- What is beyond the parts of the payment, and beyond its charges.
        select
            whole.*,
            coalesce(capacities.currency, whole.currency) as root_currency,
            case when capacities.of_payment < 0 then -1 else 1 end as direction,
            coalesce(capacities.paid_amount, 0) + coalesce(charged.charges_amount, 0) as most_amount
        from whole
        left join capacities
            on whole.debtor_id = capacities.debtor_id
            and whole.actor_id = capacities.actor_id
            and whole.root_id = capacities.payment_id
        left join charged
            on whole.debtor_id = charged.debtor_id
            and whole.actor_id = charged.actor_id
            and whole.root_id = charged.payment_id
    ),
    placed as (
        select
            group_key, payment_id, root_id, debtor_id, actor_id, company_id, invoice_id, installment_no, paid_on, currency, kind, root_kind,
            case when part_amount < 0 then back_amount else -back_amount end as effect_amount,
            false as is_unplaced
        from naming_effects
        union all
        select
            group_key, payment_id, root_id, debtor_id, actor_id, company_id, invoice_id, installment_no, paid_on, currency, kind, root_kind,
            effect_amount,
            false
        from touched
    ),
    unplaced as (
        select
            group_key, payment_id, root_id, debtor_id, actor_id, paid_on, currency, kind,
            case when part_amount < 0 then 1 else -1 end * (taken_amount - back_amount - charges_back_amount) as effect_amount
        from naming_effects
        union all
        select
            group_key, payment_id, root_id, debtor_id, actor_id, paid_on, root_currency, kind,
            (
                effect_amount
                + least(greatest(taken_to, 0), most_amount)
                - least(greatest(taken_to + effect_amount, 0), most_amount)
            ) * direction
        from whole_rest
    ),
    effects as (
        select * from placed
        union all
        select
            group_key, payment_id, root_id, debtor_id, actor_id, cast(null as varchar), cast(null as varchar),
            cast(null as bigint), paid_on, currency, kind, kind as root_kind, effect_amount, true
        from unplaced
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
    )
select * from stated
where effect_amount <> 0
