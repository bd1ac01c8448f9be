-- Purpose: when the debtors to decide on answered; the hour of it depends on where they are.
-- Grain: none; one row per contact that was answered
-- Reads: int_asked, cnd_debtors
-- Units: answered_at in UTC
-- Nulls: none
-- Kind: table
with
    answers as (select debtor_id, answered_at from int_asked where answered_at is not null),
    debtors as (select debtor_id from cnd_debtors),
    joined as (
        select answers.*
        from answers
        left semi join debtors on answers.debtor_id = debtors.debtor_id
    )
select * from joined
order by debtor_id, answered_at
