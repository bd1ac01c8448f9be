-- Purpose: every message has a text, a language and an address that the debtor has.
-- Grain: none; one row per finding
-- Reads: out_actions, cnd_contact_points
-- Units: none
-- Nulls: destination null = an instruction, which addresses no debtor
-- Kind: audit
with
    actions as (select * from out_actions),
    points as (select debtor_id, channel, address from cnd_contact_points),
    without_text as (
        select action_id as subject, 'a text' as expected, 'none' as actual, '1' as difference
        from actions
        where body = '' or language = '' or (channel in ('email', 'letter') and coalesce(subject, '') = '')
    ),
    without_address as (
        select actions.action_id as subject, 'an address of the debtor' as expected, 'none such' as actual, '1' as difference
        from actions
        left anti join points
            on actions.debtor_id = points.debtor_id
            and actions.channel = points.channel
            and actions.destination = points.address
        where actions.channel <> 'instruction'
    ),
    findings as (
        select * from without_text
        union all select * from without_address
    )
select * from findings
