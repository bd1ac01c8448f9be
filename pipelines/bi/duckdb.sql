-- Views over the KPI tables in DuckDB: `kpi_aging` and so on hold every date, `kpi_aging_now` the newest one; below them three
-- views for first charts. Run it in the folder that holds `output/`, or put another place in:
--
--     duckdb bi.duckdb < pipelines/bi/duckdb.sql
--     sed "s#'output/#'$PWD/output/#" pipelines/bi/duckdb.sql | duckdb bi.duckdb       # the file may then be opened anywhere
--     sed "s#'output/#'s3://bucket/output/#" pipelines/bi/duckdb.sql | duckdb bi.duckdb
--
-- On S3 say `load httpfs; set force_download = true; create secret (type s3, provider credential_chain);` first, in every session:
-- each object is then read by one request, so that no read mixes a table with the one that replaces it.

-- From here to the next mark this is written from the contract:
-- REGUA_WRITE=1 cargo test --locked --test it bi::

create or replace view kpi_aging as
select * from read_parquet(
    'output/kpi/kpi_aging/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_aging_now as
select
    as_of_date, company_id, currency, segment, bucket_no, bucket, items, debtors, open_amount,
    reporting_currency, fx_rate
from kpi_aging
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_aging/dt=*/part-00000.parquet')
);

create or replace view kpi_portfolio as
select * from read_parquet(
    'output/kpi/kpi_portfolio/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_portfolio_now as
select
    as_of_date, company_id, currency, debtors, items, open_amount, current_amount, overdue_amount,
    overdue_30_amount, overdue_60_amount, overdue_90_amount, delinquency_rate, credit_amount,
    disputed_amount, promised_amount, agreement_amount, agency_amount, listed_amount, unidentified_amount,
    days_past_due_avg, overdue_debtors, reporting_currency, fx_rate
from kpi_portfolio
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_portfolio/dt=*/part-00000.parquet')
);

create or replace view kpi_actions as
select * from read_parquet(
    'output/kpi/kpi_actions/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_actions_now as
select
    as_of_date, company_id, currency, regua, step_id, step_kind, channel, actions, debtors, open_amount,
    reporting_currency, fx_rate
from kpi_actions
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_actions/dt=*/part-00000.parquet')
);

create or replace view kpi_holds as
select * from read_parquet(
    'output/kpi/kpi_holds/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_holds_now as
select
    as_of_date, company_id, currency, reason, regua, step_id, debtors, open_amount, reporting_currency,
    fx_rate
from kpi_holds
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_holds/dt=*/part-00000.parquet')
);

create or replace view kpi_channels as
select * from read_parquet(
    'output/kpi/kpi_channels/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_channels_now as
select
    as_of_date, company_id, currency, segment, channel, accounts, contacts, answered, bounced, answer_rate
from kpi_channels
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_channels/dt=*/part-00000.parquet')
);

create or replace view kpi_experiments as
select * from read_parquet(
    'output/kpi/kpi_experiments/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_experiments_now as
select
    as_of_date, company_id, currency, experiment, arm, is_champion, groups, contacted_groups,
    collectable_amount, collected_amount, collection_rate, standard_error, difference, difference_low,
    difference_high, starts_on, ends_on, share, items, item_standard_error, items_per_group,
    effective_groups, before_collectable_amount, before_collected_amount, before_collection_rate,
    before_standard_error, covariance, before_effective_groups, contacts, contacts_error, disputing_groups,
    opted_out_groups, complaining_groups, bounced_groups, basis, reporting_currency, fx_rate
from kpi_experiments
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_experiments/dt=*/part-00000.parquet')
);

create or replace view kpi_group_rates as
select * from read_parquet(
    'output/kpi/kpi_group_rates/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_group_rates_now as
select
    as_of_date, company_id, currency, days, groups, items, collectable_amount, collected_amount,
    collection_rate, standard_error, item_standard_error, items_per_group, effective_groups,
    before_collectable_amount, before_collected_amount, before_collection_rate, before_standard_error,
    covariance, basis, reporting_currency, fx_rate
from kpi_group_rates
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_group_rates/dt=*/part-00000.parquet')
);

create or replace view kpi_segment_moves as
select * from read_parquet(
    'output/kpi/kpi_segment_moves/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_segment_moves_now as
select
    as_of_date, company_id, currency, from_segment, to_segment, accounts, open_amount, overdue_amount,
    reporting_currency, fx_rate
from kpi_segment_moves
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_segment_moves/dt=*/part-00000.parquet')
);

create or replace view kpi_listings as
select * from read_parquet(
    'output/kpi/kpi_listings/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_listings_now as
select
    as_of_date, company_id, currency, kind, bureau, listings, items, listed_amount, paid_while_listed,
    removals_due, removals_overdue, overdue_days_max, unknown_items, reporting_currency, fx_rate
from kpi_listings
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_listings/dt=*/part-00000.parquet')
);

create or replace view kpi_collection_effectiveness as
select * from read_parquet(
    'output/kpi/kpi_collection_effectiveness/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_collection_effectiveness_now as
select
    as_of_date, company_id, currency, month, is_partial, opening_amount, billed_amount, collected_amount,
    credited_amount, written_off_amount, closing_amount, closing_overdue_amount, cei, cei_cash,
    delinquency_rate, dso_days, best_possible_dso_days, days_to_pay_avg, days_late_avg, basis,
    reporting_currency, fx_rate
from kpi_collection_effectiveness
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_collection_effectiveness/dt=*/part-00000.parquet')
);

create or replace view kpi_dso as
select * from read_parquet(
    'output/kpi/kpi_dso/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_dso_now as
select
    as_of_date, company_id, currency, open_amount, current_amount, credit_amount, sales_amount, sales_days,
    dso_days, best_possible_dso_days, delinquent_days, countback_dso_days, basis, reporting_currency,
    fx_rate
from kpi_dso
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_dso/dt=*/part-00000.parquet')
);

create or replace view kpi_vintage as
select * from read_parquet(
    'output/kpi/kpi_vintage/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_vintage_now as
select
    as_of_date, company_id, currency, issue_month, days_after_due, billed_amount, matured_amount,
    paid_amount, credited_amount, written_off_amount, paid_rate, is_complete, basis, reporting_currency,
    fx_rate
from kpi_vintage
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_vintage/dt=*/part-00000.parquet')
);

create or replace view kpi_roll_rates as
select * from read_parquet(
    'output/kpi/kpi_roll_rates/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_roll_rates_now as
select
    as_of_date, from_date, company_id, currency, from_state, to_state, amount, items, rate, basis,
    reporting_currency, fx_rate
from kpi_roll_rates
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_roll_rates/dt=*/part-00000.parquet')
);

create or replace view kpi_cures as
select * from read_parquet(
    'output/kpi/kpi_cures/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_cures_now as
select
    as_of_date, from_date, company_id, currency, accounts_overdue_before, accounts_cured, cure_rate,
    accounts_cured_before, accounts_redefaulted, redefault_rate, basis
from kpi_cures
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_cures/dt=*/part-00000.parquet')
);

create or replace view kpi_ecl as
select * from read_parquet(
    'output/kpi/kpi_ecl/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_ecl_now as
select
    as_of_date, company_id, currency, bucket_no, bucket, open_amount, reached_amount, lost_amount,
    cohort_from, loss_rate, forward_factor, expected_loss_amount, basis, reporting_currency, fx_rate
from kpi_ecl
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_ecl/dt=*/part-00000.parquet')
);

create or replace view kpi_concentration as
select * from read_parquet(
    'output/kpi/kpi_concentration/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_concentration_now as
select
    as_of_date, company_id, currency, part, groups, open_amount, open_share, overdue_amount, overdue_share,
    reporting_currency, fx_rate
from kpi_concentration
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_concentration/dt=*/part-00000.parquet')
);

create or replace view kpi_promises as
select * from read_parquet(
    'output/kpi/kpi_promises/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_promises_now as
select
    as_of_date, company_id, currency, pending, pending_amount, kept, broken, kept_rate, promised_amount,
    kept_amount, kept_amount_rate, reporting_currency, fx_rate
from kpi_promises
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_promises/dt=*/part-00000.parquet')
);

create or replace view kpi_agreements as
select * from read_parquet(
    'output/kpi/kpi_agreements/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_agreements_now as
select
    as_of_date, company_id, currency, active, active_amount, fulfilled, fulfilled_amount, broken,
    broken_amount, cancelled, cancelled_amount, first_due, first_payment_defaults, redefaults,
    reporting_currency, fx_rate
from kpi_agreements
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_agreements/dt=*/part-00000.parquet')
);

create or replace view kpi_contact_pressure as
select * from read_parquet(
    'output/kpi/kpi_contact_pressure/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_contact_pressure_now as
select
    as_of_date, company_id, currency, channel, contacts, debtors
from kpi_contact_pressure
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_contact_pressure/dt=*/part-00000.parquet')
);

create or replace view kpi_cash_forecast as
select * from read_parquet(
    'output/kpi/kpi_cash_forecast/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_cash_forecast_now as
select
    as_of_date, company_id, currency, week_no, week_from, week_to, source, due_amount, expected_amount,
    model_amount, model_low_amount, model_high_amount, model_coverage, basis, reporting_currency, fx_rate
from kpi_cash_forecast
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_cash_forecast/dt=*/part-00000.parquet')
);

create or replace view kpi_model as
select * from read_parquet(
    'output/kpi/kpi_model/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_model_now as
select
    as_of_date, company_id, currency, seen, part, bills, late_bills, chance_avg, late_share, squared_error,
    counting_squared_error, late_auc
from kpi_model
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_model/dt=*/part-00000.parquet')
);

create or replace view kpi_recovery as
select * from read_parquet(
    'output/kpi/kpi_recovery/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_recovery_now as
select
    as_of_date, company_id, currency, regua, step_id, channel, template_id, segment, contacts,
    maturing_contacts, debtors, delivered, read, answered, bounced, opted_out, complained,
    contacted_amount, recovered_amount, recovery_rate, days_to_cash_avg, cost_amount, cost_per_recovered,
    basis, reporting_currency, fx_rate
from kpi_recovery
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_recovery/dt=*/part-00000.parquet')
);

create or replace view kpi_collectors as
select * from read_parquet(
    'output/kpi/kpi_collectors/dt=*/part-00000.parquet',
    hive_partitioning = false, union_by_name = true
);

create or replace view kpi_collectors_now as
select
    as_of_date, company_id, currency, owner_kind, owner_id, debtors, items, open_amount, overdue_amount,
    collected_amount, tasks, contacts, answered, answered_rate, promises_kept, promises_broken, kept_rate,
    cost_amount, reporting_currency, fx_rate
from kpi_collectors
where as_of_date = (
    select max(cast(regexp_extract(file, '/dt=([0-9-]+)/', 1) as date))
    from glob('output/kpi/kpi_collectors/dt=*/part-00000.parquet')
);

-- From here on it is written by hand.

-- The aging of the newest date for a chart: buckets with labels that sort as text, amounts that add up over currencies
-- (null where no rate of exchange is young enough).
create or replace view regua_aging as
select
    as_of_date, company_id, currency, segment, bucket_no, bucket,
    lpad(cast(bucket_no + 2 as varchar), 2, '0') || ' ' || case
        when bucket = 'credits' then 'credits'
        when bucket = 'not_due' then 'not due'
        when bucket like 'over%' then 'over ' || substr(bucket, 6) || ' days'
        else replace(bucket, '-', ' to ') || ' days'
    end as bucket_label,
    items, open_amount, cast(open_amount as decimal(28, 2)) * fx_rate as reporting_amount, reporting_currency
from kpi_aging_now;

-- Thirteen months of the newest date, all companies together: amounts are added up, and ratios made again of the sums.
create or replace view regua_trend as
with
    months as (
        select
            *,
            opening_amount + billed_amount - credited_amount - closing_amount + closing_overdue_amount as collectable_amount
        from kpi_collection_effectiveness_now
    ),
    summed as (
        select
            as_of_date, currency, month, is_partial,
            sum(opening_amount) as opening_amount,
            sum(billed_amount) as billed_amount,
            sum(collected_amount) as collected_amount,
            sum(credited_amount) as credited_amount,
            sum(written_off_amount) as written_off_amount,
            sum(closing_amount) as closing_amount,
            sum(closing_overdue_amount) as closing_overdue_amount,
            sum(case when collectable_amount > 0 then collected_amount end) as effective_amount,
            sum(case when collectable_amount > 0 then written_off_amount end) as effective_write_off,
            sum(case when collectable_amount > 0 then collectable_amount end) as collectable_amount
        from months
        group by as_of_date, currency, month, is_partial
    )
select
    as_of_date, currency, month, is_partial, opening_amount, billed_amount, collected_amount, credited_amount,
    written_off_amount, closing_amount, closing_overdue_amount,
    100 * cast(effective_amount + effective_write_off as double) / cast(collectable_amount as double) as cei,
    100 * cast(effective_amount as double) / cast(collectable_amount as double) as cei_cash,
    cast(closing_overdue_amount as double) / nullif(cast(closing_amount as double), 0) as delinquency_rate
from summed;

-- What was owed on each date that is published, all companies together.
create or replace view regua_history as
select
    as_of_date, currency,
    cast(sum(debtors) as bigint) as accounts,
    cast(sum(items) as bigint) as items,
    sum(open_amount) as open_amount,
    sum(overdue_amount) as overdue_amount,
    sum(overdue_90_amount) as overdue_90_amount,
    cast(sum(overdue_amount) as double) / nullif(cast(sum(open_amount) as double), 0) as delinquency_rate,
    sum(days_past_due_avg * cast(overdue_amount as double))
        / nullif(cast(sum(case when days_past_due_avg is not null then overdue_amount end) as double), 0) as days_past_due_avg
from kpi_portfolio
group by as_of_date, currency;
