-- Purpose: an action adds up items of one company and one currency only.
-- Grain: none; one row per finding
-- Reads: out_action_items, out_items
-- Units: none
-- Nulls: none
-- Kind: audit
with
    cited as (select * from out_action_items),
    items as (select * from out_items),
    findings as (
        select
            cited.action_id as subject,
            concat(cited.company_id, ' ', cited.currency) as expected,
            concat(items.company_id, ' ', items.currency) as actual,
            items.invoice_id as difference
        from cited
        inner join items
            on cited.debtor_id = items.debtor_id
            and cited.invoice_id = items.invoice_id
            and cited.installment_no = items.installment_no
        where cited.company_id <> items.company_id or cited.currency <> items.currency
    )
select * from findings
