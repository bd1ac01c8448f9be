-- Purpose: the amount of an action is the sum of what its cited items owe, above nothing; with charges it is the total.
-- Grain: none; one row per finding
-- Reads: out_actions, out_action_items, out_items
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: audit
with
    actions as (select action_id, open_amount, fine_amount, interest_amount, fee_amount, total_due from out_actions),
    cited as (select * from out_action_items),
    items as (select * from out_items),
    owed as (
        select cited.action_id, sum(items.open_amount) as open_amount
        from cited
        inner join items
            on cited.debtor_id = items.debtor_id
            and cited.invoice_id = items.invoice_id
            and cited.installment_no = items.installment_no
        group by cited.action_id
    ),
    of_items as (
        select
            actions.action_id as subject,
            cast(coalesce(owed.open_amount, 0) as varchar) as expected,
            cast(actions.open_amount as varchar) as actual,
            cast(actions.open_amount - coalesce(owed.open_amount, 0) as varchar) as difference
        from actions
        left join owed on actions.action_id = owed.action_id
        where actions.open_amount <> coalesce(owed.open_amount, 0)
    ),
    of_nothing as (
        select
            action_id as subject,
            'more than 0' as expected,
            cast(open_amount as varchar) as actual,
            cast(open_amount as varchar) as difference
        from actions
        where open_amount <= 0
    ),
    with_charges as (
        select
            action_id as subject,
            cast(open_amount + fine_amount + interest_amount + fee_amount as varchar) as expected,
            cast(total_due as varchar) as actual,
            cast(total_due - (open_amount + fine_amount + interest_amount + fee_amount) as varchar) as difference
        from actions
        where total_due <> open_amount + fine_amount + interest_amount + fee_amount
    ),
    findings as (
        select * from of_items
        union all select * from of_nothing
        union all select * from with_charges
    )
select * from findings
