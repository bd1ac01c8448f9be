-- Purpose: who is in which arm: whoever was drawn once stays, whatever it owes and in whatever segment it is since. Of an experiment
--   that is not configured today members are kept for two years, since it may come back tomorrow. No sum: it is published row by
--   row, and the next run reads it again.
-- Grain: experiment, debtor_id
-- Reads: raw_experiment_members, out_decisions, cnd_debtors, run_experiments
-- Units: none
-- Nulls: none
-- Kind: table
with
    running as (select experiment from run_experiments),
    carried as (
        select members.experiment, members.debtor_id, members.arm, members.entered_on, members.group_key
        from raw_experiment_members as members
        left join running on members.experiment = running.experiment
        where running.experiment is not null or members.entered_on >= @as_of - interval '2 years'
    ),
    drawn as (
        select distinct decisions.experiment, decisions.debtor_id, decisions.arm, @as_of as entered_on, debtors.group_key
        from out_decisions as decisions
        inner join cnd_debtors as debtors on decisions.debtor_id = debtors.debtor_id
        where decisions.arm is not null
    ),
    joined as (
        select * from carried
        union all
        select drawn.*
        from drawn
        left anti join carried on drawn.experiment = carried.experiment and drawn.debtor_id = carried.debtor_id
    )
select * from joined
order by group_key, debtor_id, experiment
