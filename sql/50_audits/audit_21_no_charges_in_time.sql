-- Purpose: no message claims fine or interest of items of which none is past its payable day, nor charges left where nothing
--   of the account was paid after its payable day.
-- Grain: none; one row per finding
-- Reads: out_actions, out_action_items, int_items
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: audit
with
    actions as (select * from out_actions),
    cited as (select * from out_action_items),
    items as (select * from int_items),
    overdue as (
        select distinct cited.action_id
        from cited
        inner join items
            on cited.debtor_id = items.debtor_id
            and cited.company_id = items.company_id
            and cited.invoice_id = items.invoice_id
            and cited.installment_no = items.installment_no
        where items.open_amount > 0 and items.payable_on < @as_of
    ),
    paid_late as (
        select distinct debtor_id, company_id, currency
        from items
        where settled_on > payable_on
    ),
    findings as (
        select
            actions.action_id as subject,
            'no fine and no interest: nothing cited is past its payable day' as expected,
            cast(actions.fine_amount + actions.interest_amount as varchar) as actual,
            cast(actions.fine_amount + actions.interest_amount as varchar) as difference
        from actions
        left anti join overdue on actions.action_id = overdue.action_id
        where actions.fine_amount + actions.interest_amount > 0
        union all
        select
            actions.action_id,
            'no charges left: all that was paid was paid in time',
            cast(actions.residual_amount + actions.waived_amount as varchar),
            cast(actions.residual_amount + actions.waived_amount as varchar)
        from actions
        left anti join paid_late
            on actions.debtor_id = paid_late.debtor_id
            and actions.company_id = paid_late.company_id
            and actions.currency = paid_late.currency
        where actions.residual_amount + actions.waived_amount > 0
    )
select * from findings
