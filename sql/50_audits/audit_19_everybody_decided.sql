-- Purpose: every account has an action or a reason, and who owes something, only one of them besides its duties; so does
--   everybody who is held.
-- Grain: none; one row per finding
-- Reads: int_accounts, out_decisions, raw_held_debtors
-- Units: numbers of decisions
-- Nulls: none
-- Kind: audit
with
    accounts as (select debtor_id, company_id, currency, open_items from int_accounts),
    decisions as (
        select
            debtor_id,
            company_id,
            currency,
            count(*) as decisions,
            count(case when reason <> 'duty' then 1 end) as besides_duties
        from out_decisions
        group by debtor_id, company_id, currency
    ),
    undecided as (
        -- Of an account that owes nothing, its duties say all there is to say.
        select accounts.debtor_id
        from accounts
        left join decisions
            on accounts.debtor_id = decisions.debtor_id
            and accounts.company_id = decisions.company_id
            and accounts.currency = decisions.currency
        where case
                when accounts.open_items > 0 then coalesce(decisions.besides_duties, 0) = 0
                else coalesce(decisions.decisions, 0) = 0
            end
    ),
    lost as (
        select distinct held.debtor_id
        from raw_held_debtors as held
        left anti join decisions on held.debtor_id = decisions.debtor_id
        left anti join undecided on held.debtor_id = undecided.debtor_id
    ),
    findings as (
        select debtor_id as subject, 'an action or a reason' as expected, 'neither' as actual, '1' as difference
        from undecided
        union all
        select debtor_id, 'an action or a reason', 'neither, and it is held', '1'
        from lost
        union all
        select debtor_id, 'one decision', cast(besides_duties as varchar), cast(besides_duties - 1 as varchar)
        from decisions
        where besides_duties > 1
    )
select * from findings
