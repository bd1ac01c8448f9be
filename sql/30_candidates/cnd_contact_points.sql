-- Purpose: the addresses of the debtors to decide on, with what was learnt about them: about the address, wherever it
--   stands in the portfolio (as stg_contact_points has it), and about the debtor's whole channel by events that name no address.
-- Grain: debtor_id, channel, address
-- Reads: stg_contact_points, int_bounces, cnd_debtors
-- Units: none
-- Nulls: preference_rank null = no preference
-- Kind: table
with
    points as (select * from stg_contact_points),
    bounces as (select * from int_bounces),
    debtors as (select group_key, group_id, debtor_id from cnd_debtors),
    joined as (
        select
            debtors.group_key,
            debtors.group_id,
            points.debtor_id,
            points.channel,
            points.address,
            points.contact_name,
            points.is_authorized,
            points.opted_out or coalesce(bounces.opted_out, false) as opted_out,
            points.is_valid and not coalesce(bounces.has_bounced, false) as is_valid,
            points.preference_rank
        from points
        inner join debtors on points.debtor_id = debtors.debtor_id
        left join bounces on points.debtor_id = bounces.debtor_id and points.channel = bounces.channel
    )
select * from joined
order by group_key, group_id, debtor_id, channel, address
