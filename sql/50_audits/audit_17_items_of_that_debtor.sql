-- Purpose: every item that an action cites is that very debtor's, and open; a removal, a release and the thanks for a
--   payment cite what is paid, a recall what is paid or disputed.
-- Grain: none; one row per finding
-- Reads: out_actions, out_action_items, int_items, cnd_entries
-- Units: none
-- Nulls: none
-- Kind: audit
with
    about_paid as (
        select action_id, step_kind from out_actions
        where step_kind in ('negativacao_removal', 'protesto_release', 'agency_recall', 'receipt')
    ),
    cited as (
        select
            cited.*,
            case
                when about_paid.step_kind is null then 'an open item of the debtor'
                when about_paid.step_kind = 'agency_recall' then 'an item of the debtor'
                else 'a paid item of the debtor'
            end as expected
        from out_action_items as cited
        left join about_paid on cited.action_id = about_paid.action_id
    ),
    items as (
        select debtor_id, company_id, invoice_id, installment_no, open_amount > 0 as is_open, paid_up_on is not null as is_paid
        from int_items
        union all
        -- What is gone from an export of open items is paid; only a duty can cite it.
        select distinct debtor_id, company_id, invoice_id, installment_no, false, true from cnd_entries
        where is_unknown and done_on is not null
    ),
    findings as (
        select
            cited.action_id as subject,
            cited.expected,
            'none such' as actual,
            cited.invoice_id as difference
        from cited
        left join items
            on cited.debtor_id = items.debtor_id
            and cited.company_id = items.company_id
            and cited.invoice_id = items.invoice_id
            and cited.installment_no = items.installment_no
        where items.invoice_id is null
            or (cited.expected = 'an open item of the debtor' and not items.is_open)
            or (cited.expected = 'a paid item of the debtor' and not items.is_paid)
    )
select * from findings
