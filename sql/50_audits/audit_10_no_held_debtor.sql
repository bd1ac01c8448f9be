-- Purpose: no action to a debtor that is quarantined, blocked or insolvent, nor to an address that opted out, nor of a debt
--   to one that may not hear of it; what is owed to the debtor (removal, release, recall) addresses nobody and passes.
-- Grain: none; one row per finding
-- Reads: out_actions, raw_held_debtors, cnd_debtors, cnd_contact_points, run_templates
-- Units: none
-- Nulls: destination null = an instruction, which addresses no debtor; step_kind is never null in a run; a template that
--   nobody knows names a debt
-- Kind: audit
with
    actions as (
        select * from out_actions
        where coalesce(step_kind not in ('negativacao_removal', 'protesto_release', 'agency_recall'), true)
    ),
    held as (select debtor_id, 'quarantined_input' as reason from raw_held_debtors),
    debtors as (
        select
            debtor_id,
            case
                when is_held then 'quarantined_input'
                when is_insolvent then 'insolvent_or_legal'
                when dunning_block is not null then 'blocked_debtor'
            end as reason
        from cnd_debtors
    ),
    points as (select * from cnd_contact_points where opted_out or not is_valid or not is_authorized),
    quiet as (select distinct template_version from run_templates where not names_debt),
    left_alone as (
        select debtor_id, reason from held
        union select debtor_id, reason from debtors where reason is not null
    ),
    findings as (
        select actions.action_id as subject, 'no action' as expected, left_alone.reason as actual, '1' as difference
        from actions
        inner join left_alone on actions.debtor_id = left_alone.debtor_id
        union all
        select actions.action_id, 'another address', 'opted out, invalid or not authorised', '1'
        from actions
        inner join points
            on actions.debtor_id = points.debtor_id
            and actions.channel = points.channel
            and actions.destination = points.address
        left join quiet on actions.template_version = quiet.template_version
        where points.opted_out or not points.is_valid or quiet.template_version is null
    )
select * from findings
