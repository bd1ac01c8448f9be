-- Purpose: the amount of an action is the sum of what its cited items owe, above nothing and not below the régua's
--   minimum. Where credits are netted it may be less by as much as the account's credit.
--   What is owed to the debtor and the thanks for a payment may be about nothing, and know no minimum.
-- Grain: none; one row per finding
-- Reads: out_actions, out_action_items, out_items, out_debtors, run_minimums
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: audit
with
    actions as (select * from out_actions),
    dunning as (
        select * from actions
        where coalesce(step_kind not in ('negativacao_removal', 'protesto_release', 'agency_recall', 'receipt'), true)
    ),
    minimums as (select * from run_minimums),
    credits as (
        select debtor_id, company_id, currency, credit_amount
        from out_debtors
        where @nets_credits = 1 and credit_amount > 0
    ),
    cited as (select * from out_action_items),
    items as (select * from out_items),
    owed as (
        select cited.action_id, sum(items.open_amount) as open_amount
        from cited
        inner join items
            on cited.debtor_id = items.debtor_id
            and cited.company_id = items.company_id
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
        left join credits
            on actions.debtor_id = credits.debtor_id
            and actions.company_id = credits.company_id
            and actions.currency = credits.currency
        where actions.open_amount > coalesce(owed.open_amount, 0)
            or actions.open_amount < coalesce(owed.open_amount, 0) - coalesce(credits.credit_amount, 0)
    ),
    below_minimum as (
        select
            actions.action_id as subject,
            concat('at least ', cast(minimums.minimum_amount as varchar)) as expected,
            cast(actions.open_amount as varchar) as actual,
            cast(actions.open_amount - minimums.minimum_amount as varchar) as difference
        from dunning as actions
        inner join minimums on actions.regua = minimums.regua and actions.currency = minimums.currency
        where actions.open_amount < minimums.minimum_amount
    ),
    of_nothing as (
        select
            action_id as subject,
            'more than 0' as expected,
            cast(open_amount as varchar) as actual,
            cast(open_amount as varchar) as difference
        from dunning
        where open_amount <= 0
    ),
    findings as (
        select * from of_items
        union all select * from of_nothing
        union all select * from below_minimum
    )
select * from findings
