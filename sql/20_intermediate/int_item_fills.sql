-- Purpose: what was applied to each item of an invoice into which money only flowed: filled in order of due date, or
--   each by its own name.
-- Grain: debtor_id, invoice_id, installment_no
-- Reads: stg_invoices, int_payment_parts, int_entangled_invoices
-- Units: amounts in units of currency; applied_amount is between 0 and the item's amount
-- Nulls: full_since null = not filled
-- Kind: table
with
    flowing as (select debtor_id, invoice_id, is_by_name from int_entangled_invoices where is_flowing),
    items as (
        select
            invoices.debtor_id,
            invoices.invoice_id,
            installment_no,
            currency,
            amount,
            due_date,
            -- Items of one lane share what flows in: all of an invoice, or each instalment for itself.
            case when flowing.is_by_name then installment_no else 0 end as lane
        from stg_invoices as invoices
        inner join flowing
            on invoices.debtor_id = flowing.debtor_id
            and invoices.invoice_id = flowing.invoice_id
    ),
    capacities as (
        -- Sums over the lane by a join with itself: lanes are a few rows, and windows cost much per lane.
        select
            items.debtor_id,
            items.invoice_id,
            items.installment_no,
            items.currency,
            items.lane,
            max(items.amount) as amount,
            sum(earlier.amount) as filled_to
        from items
        inner join items as earlier
            on items.debtor_id = earlier.debtor_id
            and items.invoice_id = earlier.invoice_id
            and items.lane = earlier.lane
            and (
                earlier.due_date < items.due_date
                or (earlier.due_date = items.due_date and earlier.installment_no <= items.installment_no)
            )
        group by items.debtor_id, items.invoice_id, items.installment_no, items.currency, items.lane
    ),
    parts as (
        select
            parts.debtor_id,
            parts.invoice_id,
            parts.currency,
            parts.paid_on,
            parts.effect_amount,
            case when flowing.is_by_name then parts.installment_no else 0 end as lane
        from int_payment_parts as parts
        inner join flowing
            on parts.debtor_id = flowing.debtor_id
            and parts.invoice_id = flowing.invoice_id
    ),
    posted as (
        select debtor_id, invoice_id, currency, lane, paid_on, sum(effect_amount) as amount
        from parts
        group by debtor_id, invoice_id, currency, lane, paid_on
    ),
    flows as (
        select
            posted.debtor_id,
            posted.invoice_id,
            posted.currency,
            posted.lane,
            posted.paid_on,
            sum(earlier.amount) as flowed_to
        from posted
        inner join posted as earlier
            on posted.debtor_id = earlier.debtor_id
            and posted.invoice_id = earlier.invoice_id
            and posted.currency = earlier.currency
            and posted.lane = earlier.lane
            and earlier.paid_on <= posted.paid_on
        group by posted.debtor_id, posted.invoice_id, posted.currency, posted.lane, posted.paid_on
    ),
    reached as (
        select
            capacities.debtor_id,
            capacities.invoice_id,
            capacities.installment_no,
            max(capacities.amount) as amount,
            max(capacities.filled_to) as filled_to,
            max(flows.flowed_to) as flowed_to,
            min(case when flows.flowed_to >= capacities.filled_to then flows.paid_on end) as full_since
        from capacities
        inner join flows
            on capacities.debtor_id = flows.debtor_id
            and capacities.invoice_id = flows.invoice_id
            and capacities.currency = flows.currency
            and capacities.lane = flows.lane
        group by capacities.debtor_id, capacities.invoice_id, capacities.installment_no
    ),
    filled as (
        select
            debtor_id,
            invoice_id,
            installment_no,
            cast(least(greatest(flowed_to - (filled_to - amount), 0), amount) as decimal(18, 2)) as applied_amount,
            full_since
        from reached
    )
select * from filled
