-- Purpose: the arms of each experiment: what share of what they should have paid since it began they paid, and by how much that
--   differs from the champion; what they had paid in the window before; and what they were put to.
-- Grain: company_id, currency, experiment, arm
-- Reads: all_group_rates, run_experiments, run_arms
-- Units: amounts in units of currency; rates from 0 to 1, differences of rates
-- Nulls: the last day where none is set; the share of an arm that is not configured any more; the error of a single group or item; the
--   difference of the champion, or where it has no groups; the interval where either arm has fewer than 30 effective groups; the window before,
--   where nobody should have paid anything in it or it is not known
-- Kind: table
with
    rates as (select * from all_group_rates where experiment <> ''),
    running as (select * from run_experiments),
    arms as (select * from run_arms),
    champions as (
        select
            rates.company_id,
            rates.currency,
            rates.experiment,
            rates.collection_rate,
            rates.standard_error,
            rates.effective_groups
        from rates
        inner join running on rates.experiment = running.experiment and rates.arm = running.champion
    ),
    compared as (
        select
            rates.*,
            running.starts_on,
            running.ends_on,
            arms.share,
            @known_from <= cast(cast(running.starts_on as int) - cast(rates.days as int) as date) as is_before_known,
            rates.arm = running.champion as is_champion,
            case when rates.arm <> running.champion then rates.collection_rate - champions.collection_rate end as difference,
            case
                when rates.arm <> running.champion then least(rates.effective_groups, champions.effective_groups) - 2.0
            end as freedom,
            sqrt(
                rates.standard_error * rates.standard_error + champions.standard_error * champions.standard_error
            ) as difference_error
        from rates
        inner join running on rates.experiment = running.experiment
        left join arms on rates.experiment = arms.experiment and rates.arm = arms.arm
        left join champions
            on rates.company_id = champions.company_id
            and rates.currency = champions.currency
            and rates.experiment = champions.experiment
    ),
    bounded as (
        select
            *,
            -- Student's t at 97.5 % around 1.96 (Abramowitz and Stegun, 26.7.5): of few groups the error is itself uncertain.
            case
                when freedom >= 28.0
                    then
                        difference_error
                        * (1.96 + (2.372384 + (2.822707328 + 2.55610979484672 / freedom) / freedom) / freedom)
            end as half_width
        from compared
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            experiment,
            arm,
            is_champion,
            groups,
            contacted_groups,
            collectable_amount,
            collected_amount,
            collection_rate,
            standard_error,
            difference,
            difference - half_width as difference_low,
            difference + half_width as difference_high,
            starts_on,
            ends_on,
            share,
            items,
            item_standard_error,
            items_per_group,
            effective_groups,
            case when is_before_known then before_collectable_amount end as before_collectable_amount,
            case when is_before_known then before_collected_amount end as before_collected_amount,
            before_collection_rate,
            before_standard_error,
            covariance,
            case when is_before_known then before_effective_groups end as before_effective_groups,
            contacts,
            contacts_error,
            disputing_groups,
            opted_out_groups,
            complaining_groups,
            bounced_groups,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from bounded
    )
select * from stated
order by company_id, currency, experiment, arm
