-- Purpose: the arms of each experiment: what share of what they should have paid since it began they paid, and by how much that
--   differs from the champion. The ratio of sums over groups drawn as clusters (Cochran, Sampling Techniques, chapter 6).
-- Grain: company_id, currency, experiment, arm
-- Reads: fct_experiments, run_experiments
-- Units: amounts in units of currency; rates from 0 to 1, differences of rates
-- Nulls: the error of a single group; the difference of the champion, or where it has no groups; the interval where either arm has
--   fewer than 30 groups
-- Kind: table
with
    facts as (select * from fct_experiments),
    running as (select * from run_experiments),
    summed as (
        select
            company_id,
            currency,
            experiment,
            arm,
            sum(groups) as groups,
            sum(contacted_groups) as contacted_groups,
            cast(sum(collectable_amount) as decimal(18, 2)) as collectable_amount,
            cast(sum(collected_amount) as decimal(18, 2)) as collected_amount,
            cast(sum(collectable_squares) as double) as collectable_squares,
            cast(sum(collected_squares) as double) as collected_squares,
            cast(sum(products) as double) as products
        from facts
        group by company_id, currency, experiment, arm
    ),
    rated as (
        select
            *,
            cast(groups as double) as clusters,
            cast(collectable_amount as double) as collectable,
            cast(collected_amount as double) / cast(collectable_amount as double) as collection_rate
        from summed
    ),
    measured as (
        select
            *,
            case
                when groups > 1
                    then
                        sqrt(
                            clusters / (clusters - 1.0)
                            * greatest(
                                collected_squares
                                - 2.0 * collection_rate * products
                                + collection_rate * collection_rate * collectable_squares,
                                0.0
                            )
                        )
                        / collectable
            end as standard_error
        from rated
    ),
    champions as (
        select
            measured.company_id,
            measured.currency,
            measured.experiment,
            measured.collection_rate,
            measured.standard_error,
            measured.groups
        from measured
        inner join running on measured.experiment = running.experiment and measured.arm = running.champion
    ),
    compared as (
        select
            measured.*,
            measured.arm = running.champion as is_champion,
            case when measured.arm <> running.champion then measured.collection_rate - champions.collection_rate end
                as difference,
            case
                when measured.arm <> running.champion and measured.groups >= 30 and champions.groups >= 30
                    then
                        1.96
                        * sqrt(
                            measured.standard_error * measured.standard_error
                            + champions.standard_error * champions.standard_error
                        )
            end as half_width
        from measured
        inner join running on measured.experiment = running.experiment
        left join champions
            on measured.company_id = champions.company_id
            and measured.currency = champions.currency
            and measured.experiment = champions.experiment
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
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from compared
    )
select * from stated
order by company_id, currency, experiment, arm
