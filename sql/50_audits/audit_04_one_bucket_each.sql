-- Purpose: every open item of the ledger stands in exactly one bucket of the position.
-- Grain: none; one row per finding
-- Reads: int_items, out_items
-- Units: numbers of rows
-- Nulls: none
-- Kind: audit
with
    ledger as (select debtor_id, company_id, invoice_id, installment_no from int_items where open_amount > 0),
    position as (
        select debtor_id, company_id, invoice_id, installment_no, count(*) as buckets
        from out_items
        group by debtor_id, company_id, invoice_id, installment_no
    ),
    joined as (
        select
            coalesce(ledger.invoice_id, position.invoice_id) as invoice_id,
            case when ledger.invoice_id is null then 0 else 1 end as expected,
            coalesce(position.buckets, 0) as actual
        from ledger
        full join position
            on ledger.debtor_id = position.debtor_id
            and ledger.company_id = position.company_id
            and ledger.invoice_id = position.invoice_id
            and ledger.installment_no = position.installment_no
    ),
    findings as (
        select
            invoice_id as subject,
            cast(expected as varchar) as expected,
            cast(actual as varchar) as actual,
            cast(actual - expected as varchar) as difference
        from joined
        where expected <> actual
    )
select * from findings
