-- Purpose: how the debtors to decide on answer on each channel.
-- Grain: debtor_id, channel
-- Reads: int_answers, cnd_debtors
-- Units: contacts of the profile window
-- Nulls: none
-- Kind: table
with
    answers as (select * from int_answers),
    debtors as (select debtor_id from cnd_debtors),
    joined as (
        select answers.*
        from answers
        left semi join debtors on answers.debtor_id = debtors.debtor_id
    )
select * from joined
order by debtor_id, channel
