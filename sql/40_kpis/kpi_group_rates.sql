-- Purpose: what groups of debtors paid of what they should have in the last days, how far they differ, and how well the days before
--   tell it: from this follows how many groups an experiment needs.
-- Grain: company_id, currency, days
-- Reads: all_group_rates
-- Units: amounts in units of currency; rates from 0 to 1, errors and covariances of rates
-- Nulls: errors of a single group or item; the window before, where nobody should have paid anything in it or it is not known
-- Kind: table
with
    rates as (
        select *, @known_from <= cast(@as_of_day + 1 - 2 * cast(days as int) as date) as is_before_known
        from all_group_rates
        where experiment = ''
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            days,
            groups,
            items,
            collectable_amount,
            collected_amount,
            collection_rate,
            standard_error,
            item_standard_error,
            items_per_group,
            effective_groups,
            case when is_before_known then before_collectable_amount end as before_collectable_amount,
            case when is_before_known then before_collected_amount end as before_collected_amount,
            before_collection_rate,
            before_standard_error,
            covariance,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from rates
    )
select * from stated
order by company_id, currency, days
