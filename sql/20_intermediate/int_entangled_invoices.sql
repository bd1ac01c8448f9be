-- Purpose: invoices whose balance is more than a sum: several postings, or one to several instalments.
-- Grain: debtor_id, company_id, invoice_id
-- Reads: stg_invoices, int_item_postings, int_payment_parts
-- Units: none
-- Nulls: none; is_laned = one running sum fills the items in order of due date, or one for each instalment (is_by_name);
--   else some postings name instalments and others do not, or took back from an instalment more than was paid on it
-- Kind: table
with
    postings as (select * from int_item_postings where company_id is not null),
    in_instalments as (
        -- Keys are unique, so an invoice in several instalments has one that is not the first.
        select distinct debtor_id, company_id, invoice_id
        from stg_invoices
        where installment_no <> 1
    ),
    by_invoice as (
        select
            debtor_id,
            company_id,
            invoice_id,
            bool_or(first_on <> last_on or least_amount < 0) as on_several_days,
            bool_or(least_amount < 0) as takes_back,
            bool_or(installment_no is null) as has_pooled,
            bool_or(installment_no is not null) as has_named
        from postings
        group by debtor_id, company_id, invoice_id
    ),
    with_instalments as (
        select by_invoice.*, in_instalments.invoice_id is not null as has_instalments
        from by_invoice
        left join in_instalments
            on by_invoice.debtor_id = in_instalments.debtor_id
            and by_invoice.company_id = in_instalments.company_id
            and by_invoice.invoice_id = in_instalments.invoice_id
    ),
    entangled as (
        select * from with_instalments
        where on_several_days or (has_pooled and (has_instalments or has_named))
    ),
    taken_by_name as (
        select debtor_id, company_id, invoice_id
        from entangled
        where has_instalments and has_named and not has_pooled and takes_back
    ),
    named_days as (
        select parts.debtor_id, parts.company_id, parts.invoice_id, parts.installment_no, parts.paid_on, sum(parts.effect_amount) as amount
        from int_payment_parts as parts
        left semi join taken_by_name
            on parts.debtor_id = taken_by_name.debtor_id
            and parts.company_id = taken_by_name.company_id
            and parts.invoice_id = taken_by_name.invoice_id
        group by parts.debtor_id, parts.company_id, parts.invoice_id, parts.installment_no, parts.paid_on
    ),
    named_sums as (
        select
            *,
            sum(amount) over (
                partition by debtor_id, company_id, invoice_id, installment_no
                order by paid_on
                rows between unbounded preceding and current row
            ) as paid_to
        from named_days
    ),
    overdrawn as (select distinct debtor_id, company_id, invoice_id from named_sums where paid_to < 0),
    stated as (
        select
            entangled.debtor_id,
            entangled.company_id,
            entangled.invoice_id,
            not (entangled.has_instalments and entangled.has_named and entangled.has_pooled)
                and overdrawn.invoice_id is null as is_laned,
            entangled.has_instalments and entangled.has_named as is_by_name
        from entangled
        left join overdrawn
            on entangled.debtor_id = overdrawn.debtor_id
            and entangled.company_id = overdrawn.company_id
            and entangled.invoice_id = overdrawn.invoice_id
    )
select * from stated
