-- Purpose: what was applied to each item of an invoice into which money only flowed: filled in order of due date, or
--   each by its own name.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: stg_invoices, int_payment_parts, int_entangled_invoices
-- Units: amounts in units of currency; applied_amount is between 0 and the item's amount
-- Nulls: full_since null = not filled
-- Kind: table
with
    flowing as (select debtor_id, company_id, invoice_id, is_by_name from int_entangled_invoices where is_flowing),
    items as (
        select
            invoices.debtor_id,
            invoices.company_id,
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
            and invoices.company_id = flowing.company_id
            and invoices.invoice_id = flowing.invoice_id
    ),
    capacities as (
        select
            debtor_id,
            company_id,
            invoice_id,
            currency,
            lane,
            installment_no,
            amount,
            sum(amount) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by due_date, installment_no
                rows between unbounded preceding and current row
            ) as level
        from items
    ),
    posted as (
        select
            parts.debtor_id,
            parts.company_id,
            parts.invoice_id,
            parts.currency,
            case when flowing.is_by_name then parts.installment_no else 0 end as lane,
            parts.paid_on,
            sum(parts.effect_amount) as amount
        from int_payment_parts as parts
        inner join flowing
            on parts.debtor_id = flowing.debtor_id
            and parts.company_id = flowing.company_id
            and parts.invoice_id = flowing.invoice_id
        group by
            parts.debtor_id,
            parts.company_id,
            parts.invoice_id,
            parts.currency,
            case when flowing.is_by_name then parts.installment_no else 0 end,
            parts.paid_on
    ),
    flows as (
        select
            debtor_id,
            company_id,
            invoice_id,
            currency,
            lane,
            paid_on,
            sum(amount) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by paid_on
                rows between unbounded preceding and current row
            ) as level
        from posted
    ),
    marks as (
        -- Both on one scale, the height of what has flowed in: an item is full since the first flow that reaches its mark.
        select
            debtor_id,
            company_id,
            invoice_id,
            currency,
            lane,
            level,
            cast(null as date) as paid_on,
            installment_no,
            amount,
            cast(0 as decimal(28, 2)) as flowed_to
        from capacities
        union all
        select debtor_id, company_id, invoice_id, currency, lane, level, paid_on, cast(null as bigint), cast(null as decimal(18, 2)), level as flowed_to
        from flows
    ),
    reached as (
        -- From the highest mark down, of one height the flow first.
        select
            *,
            min(paid_on) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by level desc, installment_no is not null, installment_no desc
                rows between unbounded preceding and current row
            ) as full_since,
            max(flowed_to) over (partition by debtor_id, company_id, invoice_id, currency, lane) as flowed_in
        from marks
    ),
    filled as (
        select
            debtor_id,
            company_id,
            invoice_id,
            installment_no,
            cast(least(greatest(flowed_in - (level - amount), 0), amount) as decimal(18, 2)) as applied_amount,
            full_since
        from reached
        where installment_no is not null and flowed_in > 0
    )
select * from filled
