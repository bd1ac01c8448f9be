-- Purpose: the rates of the groups of all shards, each with its error: the ratio of sums over groups drawn as clusters (Cochran,
--   Sampling Techniques, chapter 6); and how closely the rate goes with that of the window before, in the same way.
-- Grain: company_id, currency, experiment, arm, days
-- Reads: fct_group_rates
-- Units: amounts in units of currency; rates from 0 to 1, errors and covariances of rates
-- Columns: item_standard_error = what the error would be if no item had to do with another of its group; items_per_group = weighted by
--   amount: the sum of squares of the groups over that of the items; effective_groups = how many groups of one size tell as much: where one
--   owes nearly all its own rate is that of all, and the error vanishes; contacts_error = of the contacts per group; before_* as in the
--   facts; covariance = of the estimates collection_rate and before_collection_rate
-- Nulls: errors of a single group or item; the window before, where nobody should have paid anything in it
-- Kind: view
with
    facts as (select * from fct_group_rates),
    summed as (
        select
            company_id,
            currency,
            experiment,
            arm,
            days,
            cast(sum(groups) as bigint) as groups,
            cast(sum(items) as bigint) as items,
            cast(sum(collectable_amount) as decimal(18, 2)) as collectable_amount,
            cast(sum(collected_amount) as decimal(18, 2)) as collected_amount,
            cast(sum(before_collectable_amount) as decimal(18, 2)) as before_collectable_amount,
            cast(sum(before_collected_amount) as decimal(18, 2)) as before_collected_amount,
            cast(sum(groups) as double) as clusters,
            cast(sum(items) as double) as pieces,
            cast(sum(collectable_amount) as double) as x,
            cast(sum(collected_amount) as double) as y,
            cast(sum(collectable_squares) as double) as xx,
            cast(sum(collected_squares) as double) as yy,
            cast(sum(products) as double) as xy,
            cast(sum(item_collectable_squares) as double) as item_xx,
            cast(sum(item_collected_squares) as double) as item_yy,
            cast(sum(item_products) as double) as item_xy,
            nullif(cast(sum(before_collectable_amount) as double), 0.0) as u,
            cast(sum(before_collected_amount) as double) as v,
            cast(sum(before_collectable_squares) as double) as uu,
            cast(sum(before_collected_squares) as double) as vv,
            cast(sum(before_products) as double) as uv,
            cast(sum(collectable_by_before_collectable) as double) as xu,
            cast(sum(collectable_by_before_collected) as double) as xv,
            cast(sum(collected_by_before_collectable) as double) as yu,
            cast(sum(collected_by_before_collected) as double) as yv,
            cast(sum(contacts) as bigint) as contacts,
            cast(sum(contacts) as double) as c,
            cast(sum(contacts_squares) as double) as cc,
            cast(sum(contacted_groups) as bigint) as contacted_groups,
            cast(sum(disputing_groups) as bigint) as disputing_groups,
            cast(sum(opted_out_groups) as bigint) as opted_out_groups,
            cast(sum(complaining_groups) as bigint) as complaining_groups,
            cast(sum(bounced_groups) as bigint) as bounced_groups
        from facts
        group by company_id, currency, experiment, arm, days
    ),
    rated as (
        select
            *,
            y / x as collection_rate,
            v / u as before_collection_rate,
            -- From the square of a sum to its variance; null for one alone.
            clusters / nullif(clusters - 1.0, 0.0) as of_groups,
            pieces / nullif(pieces - 1.0, 0.0) as of_items
        from summed
    ),
    measured as (
        select
            *,
            sqrt(of_groups * greatest(yy - 2.0 * collection_rate * xy + collection_rate * collection_rate * xx, 0.0)) / x
                as standard_error,
            sqrt(
                of_items
                * greatest(item_yy - 2.0 * collection_rate * item_xy + collection_rate * collection_rate * item_xx, 0.0)
            )
            / x as item_standard_error,
            xx / item_xx as items_per_group,
            x * x / xx as effective_groups,
            u * u / nullif(uu, 0.0) as before_effective_groups,
            sqrt(
                of_groups
                * greatest(
                    vv - 2.0 * before_collection_rate * uv + before_collection_rate * before_collection_rate * uu,
                    0.0
                )
            )
            / u as before_standard_error,
            of_groups
            * (yv - before_collection_rate * yu - collection_rate * xv + collection_rate * before_collection_rate * xu)
            / (x * u) as covariance,
            sqrt(of_groups * greatest(cc - c * c / clusters, 0.0)) / clusters as contacts_error
        from rated
    )
select * from measured
