-- Purpose: what the contacts of the debtors to decide on led to; no rows where no model is used.
-- Grain: none; one row per contact whose outcome days are over
-- Reads: int_responses, cnd_debtors
-- Units: contacted_at in UTC
-- Nulls: none
-- Kind: table
with
    responses as (
        select debtor_id, channel, contacted_at, has_succeeded
        from int_responses
        where @scores = 1
    ),
    debtors as (select debtor_id from cnd_debtors),
    joined as (
        select responses.*
        from responses
        left semi join debtors on responses.debtor_id = debtors.debtor_id
    )
select * from joined
order by debtor_id, contacted_at, channel
