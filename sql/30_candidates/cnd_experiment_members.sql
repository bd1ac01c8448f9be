-- Purpose: the arms in which the debtors to decide on were drawn before: whoever was drawn once stays in its arm.
-- Grain: debtor_id, experiment
-- Reads: raw_experiment_members, run_experiments, cnd_debtors
-- Units: none
-- Nulls: none
-- Kind: table
with
    members as (select debtor_id, experiment, arm from raw_experiment_members),
    debtors as (select debtor_id from cnd_debtors),
    running as (select experiment from run_experiments),
    joined as (
        select members.*
        from members
        left semi join running on members.experiment = running.experiment
        left semi join debtors on members.debtor_id = debtors.debtor_id
    )
select * from joined
order by debtor_id, experiment
