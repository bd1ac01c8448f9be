-- Purpose: every item that an action cites is an open item of that very debtor.
-- Grain: none; one row per finding
-- Reads: out_action_items, int_items
-- Units: none
-- Nulls: none
-- Kind: audit
with
    cited as (select * from out_action_items),
    items as (select debtor_id, invoice_id, installment_no from int_items where open_amount > 0),
    findings as (
        select
            cited.action_id as subject,
            'an open item of the debtor' as expected,
            'none such' as actual,
            cited.invoice_id as difference
        from cited
        left anti join items
            on cited.debtor_id = items.debtor_id
            and cited.invoice_id = items.invoice_id
            and cited.installment_no = items.installment_no
    )
select * from findings
