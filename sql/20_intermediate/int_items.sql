-- Purpose: every item ever owed, with what was applied to it by the as-of date.
-- Grain: debtor_id, invoice_id, installment_no
-- Reads: stg_invoices, int_payment_parts
-- Units: amounts in units of currency; applied_amount is between 0 and amount
-- Nulls: settled_on null = not paid in full
-- Kind: table
with
    invoices as (select * from stg_invoices),
    parts as (select * from int_payment_parts),
    named as (
        select debtor_id, invoice_id, installment_no, sum(effect_amount) as amount, max(paid_on) as paid_on
        from parts
        where installment_no is not null
        group by debtor_id, invoice_id, installment_no
    ),
    pooled as (
        select debtor_id, invoice_id, sum(effect_amount) as amount, max(paid_on) as paid_on
        from parts
        where installment_no is null
        group by debtor_id, invoice_id
    ),
    with_named as (
        select
            invoices.*,
            least(greatest(coalesce(named.amount, 0), 0), invoices.amount) as named_amount,
            coalesce(pooled.amount, 0) as pooled_amount,
            greatest(named.paid_on, pooled.paid_on) as last_paid_on
        from invoices
        left join named
            on invoices.debtor_id = named.debtor_id
            and invoices.invoice_id = named.invoice_id
            and invoices.installment_no = named.installment_no
        left join pooled
            on invoices.debtor_id = pooled.debtor_id
            and invoices.invoice_id = pooled.invoice_id
    ),
    without_pool as (
        select *, cast(0 as decimal(28, 2)) as room_before
        from with_named
        where pooled_amount = 0
    ),
    with_pool as (
        -- Instalments are filled in order of due date: how much room do the earlier ones leave?
        -- Sorting only the items of such payments is what keeps this model fast: they are few.
        select
            *,
            coalesce(
                cast(
                    sum(amount - named_amount) over (
                        partition by debtor_id, invoice_id
                        order by due_date, installment_no
                        rows between unbounded preceding and 1 preceding
                    )
                    as decimal(28, 2)
                ),
                0
            ) as room_before
        from with_named
        where pooled_amount <> 0
    ),
    with_room_before as (
        select * from without_pool
        union all select * from with_pool
    ),
    applied as (
        select
            *,
            cast(
                named_amount + least(greatest(pooled_amount - room_before, 0), amount - named_amount)
                as decimal(18, 2)
            ) as applied_amount
        from with_room_before
    ),
    settled as (
        select
            group_key,
            debtor_id,
            company_id,
            currency,
            invoice_id,
            installment_no,
            issue_date,
            due_date,
            amount as original_amount,
            applied_amount,
            cast(amount - applied_amount as decimal(18, 2)) as open_amount,
            case when applied_amount >= amount then coalesce(last_paid_on, due_date) end as settled_on,
            payment_reference,
            payment_link,
            dunning_block,
            grace_until,
            regua,
            step_override,
            collector_id
        from applied
    )
select * from settled
