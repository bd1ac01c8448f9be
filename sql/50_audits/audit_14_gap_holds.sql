-- Purpose: no step sooner after the last contact of its account than its régua has as a gap; duties are owed at once, and
--   thanks come when there is reason for them.
-- Grain: none; one row per finding
-- Reads: out_actions, cnd_contacts, cnd_published, run_steps
-- Units: days
-- Nulls: a contact without a company or a currency may be of any account
-- Kind: audit
with
    steps as (select * from run_steps),
    published as (select action_id from cnd_published where coalesce(fate, '') <> 'not_sent'),
    actions as (
        select out_actions.*, steps.min_gap_days
        from out_actions
        inner join steps on out_actions.regua = steps.regua and out_actions.step_id = steps.step_id
        left anti join published on out_actions.action_id = published.action_id
        where steps.is_rung
    ),
    contacts as (
        select cnd_contacts.debtor_id, company_id, currency, step_id, contacted_on
        from cnd_contacts
        left anti join published on cnd_contacts.action_id = published.action_id
        where cnd_contacts.state not in ('not_sent', 'ignored') and coalesce(cnd_contacts.cycle_id, '') not like 'duty-%'
    ),
    joined as (
        select
            actions.action_id,
            actions.min_gap_days,
            contacts.contacted_on,
            cast(@as_of as int) - cast(contacts.contacted_on as int) as days
        from actions
        inner join contacts
            on actions.debtor_id = contacts.debtor_id
            and coalesce(contacts.company_id, actions.company_id) = actions.company_id
            and coalesce(contacts.currency, actions.currency) = actions.currency
        left join steps on actions.regua = steps.regua and contacts.step_id = steps.step_id
        where not coalesce(steps.is_duty, false)
    ),
    findings as (
        select
            action_id as subject,
            concat(min_gap_days, ' days or more') as expected,
            cast(min(days) as varchar) as actual,
            cast(min(days) - min_gap_days as varchar) as difference
        from joined
        group by action_id, min_gap_days
        having min(days) < min_gap_days
    )
select * from findings
