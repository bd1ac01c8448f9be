-- Purpose: what was applied to each item of an invoice that was paid by the names of instalments and without, at the end of
--   every day on which something was posted.
-- Grain: debtor_id, company_id, invoice_id, installment_no, paid_on
-- Reads: stg_invoices, int_payment_parts, int_entangled_invoices
-- Units: amounts in units of currency; applied_amount is between 0 and the item's amount
-- Nulls: next_on null = nothing was posted later
-- Kind: table
with
    entangled as (select debtor_id, company_id, invoice_id from int_entangled_invoices where not is_laned),
    items as (
        select invoices.debtor_id, invoices.company_id, invoices.invoice_id, installment_no, currency, due_date, amount
        from stg_invoices as invoices
        left semi join entangled
            on invoices.debtor_id = entangled.debtor_id
            and invoices.company_id = entangled.company_id
            and invoices.invoice_id = entangled.invoice_id
    ),
    parts as (
        select parts.*
        from int_payment_parts as parts
        left semi join entangled
            on parts.debtor_id = entangled.debtor_id
            and parts.company_id = entangled.company_id
            and parts.invoice_id = entangled.invoice_id
    ),
    posted_days as (
        select
            debtor_id,
            company_id,
            invoice_id,
            currency,
            paid_on,
            sum(case when installment_no is null then effect_amount else 0 end) as pooled_amount
        from parts
        group by debtor_id, company_id, invoice_id, currency, paid_on
    ),
    named as (
        select debtor_id, company_id, invoice_id, currency, installment_no, paid_on, sum(effect_amount) as named_amount
        from parts
        where installment_no is not null
        group by debtor_id, company_id, invoice_id, currency, installment_no, paid_on
    ),
    posted as (
        select items.*, posted_days.paid_on, posted_days.pooled_amount, coalesce(named.named_amount, 0) as named_amount
        from items
        inner join posted_days
            on items.debtor_id = posted_days.debtor_id
            and items.company_id = posted_days.company_id
            and items.invoice_id = posted_days.invoice_id
            and items.currency = posted_days.currency
        left join named
            on items.debtor_id = named.debtor_id
            and items.company_id = named.company_id
            and items.invoice_id = named.invoice_id
            and items.currency = named.currency
            and items.installment_no = named.installment_no
            and posted_days.paid_on = named.paid_on
    ),
    by_day_end as (
        select
            debtor_id,
            company_id,
            invoice_id,
            installment_no,
            currency,
            due_date,
            amount,
            paid_on,
            lead(paid_on) over (
                partition by debtor_id, company_id, invoice_id, installment_no
                order by paid_on
            ) as next_on,
            sum(named_amount) over (
                partition by debtor_id, company_id, invoice_id, installment_no
                order by paid_on
                rows between unbounded preceding and current row
            ) as named_amount,
            sum(pooled_amount) over (
                partition by debtor_id, company_id, invoice_id, installment_no
                order by paid_on
                rows between unbounded preceding and current row
            ) as pooled_amount
        from posted
    ),
    clamped as (
        select *, least(greatest(named_amount, 0), amount) as filled_amount
        from by_day_end
    ),
    around as (
        -- What the other instalments leave: instalments are filled in order of due date and emptied from the last.
        select
            *,
            coalesce(
                sum(amount - filled_amount) over (
                    partition by debtor_id, company_id, invoice_id, paid_on
                    order by due_date, installment_no
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as room_before,
            coalesce(
                sum(filled_amount) over (
                    partition by debtor_id, company_id, invoice_id, paid_on
                    order by due_date, installment_no
                    rows between 1 following and unbounded following
                ),
                0
            ) as filled_after,
            sum(least(named_amount, 0)) over (
                partition by debtor_id, company_id, invoice_id, paid_on
                order by due_date, installment_no
                rows between unbounded preceding and unbounded following
            ) as short_amount,
            sum(greatest(named_amount - amount, 0)) over (
                partition by debtor_id, company_id, invoice_id, paid_on
                order by due_date, installment_no
                rows between unbounded preceding and unbounded following
            ) as excess_amount
        from clamped
    ),
    balanced as (
        -- Taking back from an instalment more than was paid on it by name takes from what named no instalment.
        select
            *,
            greatest(pooled_amount + short_amount, 0) as to_fill,
            greatest(-(pooled_amount + short_amount + excess_amount), 0) as to_empty
        from around
    ),
    applied as (
        select
            debtor_id,
            company_id,
            invoice_id,
            installment_no,
            paid_on,
            next_on,
            amount,
            cast(
                filled_amount
                + least(greatest(to_fill - room_before, 0), amount - filled_amount)
                - least(greatest(to_empty - filled_after, 0), filled_amount)
                as decimal(18, 2)
            ) as applied_amount
        from balanced
    )
select * from applied
