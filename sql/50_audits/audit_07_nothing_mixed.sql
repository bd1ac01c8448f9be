-- Purpose: an action adds up items of one company and one currency only, those of its account.
-- Grain: none; one row per finding
-- Reads: out_actions, out_action_items, out_items
-- Units: none
-- Nulls: none
-- Kind: audit
with
    actions as (select action_id, company_id, currency from out_actions),
    cited as (select * from out_action_items),
    items as (select * from out_items),
    of_actions as (
        select
            cited.action_id as subject,
            concat(actions.company_id, ' ', actions.currency) as expected,
            concat(cited.company_id, ' ', cited.currency) as actual,
            cited.invoice_id as difference
        from cited
        inner join actions on cited.action_id = actions.action_id
        where cited.company_id <> actions.company_id or cited.currency <> actions.currency
    ),
    of_items as (
        -- Two companies of a debtor may number alike: the one that was cited is there.
        select
            cited.action_id as subject,
            concat(cited.company_id, ' ', cited.currency) as expected,
            concat(min(items.company_id), ' ', min(items.currency)) as actual,
            cited.invoice_id as difference
        from cited
        inner join items
            on cited.debtor_id = items.debtor_id
            and cited.invoice_id = items.invoice_id
            and cited.installment_no = items.installment_no
        group by cited.action_id, cited.company_id, cited.currency, cited.invoice_id, cited.installment_no
        having not bool_or(cited.company_id = items.company_id and cited.currency = items.currency)
    ),
    findings as (
        select * from of_actions
        union all select * from of_items
    )
select * from findings
