-- Purpose: the shard's part of the arms of experiments: every account with a decision, whether or not it still owes.
-- Grain: company_id, currency, experiment, arm
-- Reads: out_decisions
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    decisions as (select * from out_decisions where arm is not null),
    accounts as (
        -- A duty stands beside the decision on its account, and is no contact with it.
        select
            company_id,
            currency,
            experiment,
            arm,
            debtor_id,
            bool_or(outcome = 'action' and reason <> 'duty') as is_contacted,
            max(open_amount) as open_amount,
            max(overdue_amount) as overdue_amount
        from decisions
        group by company_id, currency, experiment, arm, debtor_id
    ),
    grouped as (
        select
            company_id,
            currency,
            experiment,
            arm,
            count(*) as accounts,
            count(case when is_contacted then 1 end) as contacted,
            sum(open_amount) as open_amount,
            sum(overdue_amount) as overdue_amount
        from accounts
        group by company_id, currency, experiment, arm
    )
select * from grouped
