-- External tables over the KPI tables in Amazon Athena, and the views of duckdb.sql. Put your place in; Athena takes one statement at
-- a time. `msck repair table` finds the folders of new dates: run those again after each run of Régua.
--
--     sed "s#s3://bucket/output#s3://…#" pipelines/bi/athena.sql
--
-- A table has `dt` (the folder) beside `as_of_date`: filter by `dt`, and other dates are not read. Where a new version of Régua
-- adds columns, drop the table and run this again: the files stay.

-- From here to the next mark this is written from the contract:
-- REGUA_WRITE=1 cargo test --locked --test it bi::

create external table if not exists kpi_aging (
    as_of_date date, company_id string, currency string, segment string, bucket_no bigint, bucket string,
    items bigint, debtors bigint, open_amount decimal(18, 2), reporting_currency string,
    fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_aging/';
msck repair table kpi_aging;

create or replace view kpi_aging_now as
select
    as_of_date, company_id, currency, segment, bucket_no, bucket, items, debtors, open_amount,
    reporting_currency, fx_rate
from kpi_aging
where dt = (select max(dt) from "kpi_aging$partitions");

create external table if not exists kpi_portfolio (
    as_of_date date, company_id string, currency string, debtors bigint, items bigint,
    open_amount decimal(18, 2), current_amount decimal(18, 2), overdue_amount decimal(18, 2),
    overdue_30_amount decimal(18, 2), overdue_60_amount decimal(18, 2), overdue_90_amount decimal(18, 2),
    delinquency_rate double, credit_amount decimal(18, 2), disputed_amount decimal(18, 2),
    promised_amount decimal(18, 2), agreement_amount decimal(18, 2), agency_amount decimal(18, 2),
    listed_amount decimal(18, 2), unidentified_amount decimal(18, 2), days_past_due_avg double,
    overdue_debtors bigint, reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_portfolio/';
msck repair table kpi_portfolio;

create or replace view kpi_portfolio_now as
select
    as_of_date, company_id, currency, debtors, items, open_amount, current_amount, overdue_amount,
    overdue_30_amount, overdue_60_amount, overdue_90_amount, delinquency_rate, credit_amount,
    disputed_amount, promised_amount, agreement_amount, agency_amount, listed_amount, unidentified_amount,
    days_past_due_avg, overdue_debtors, reporting_currency, fx_rate
from kpi_portfolio
where dt = (select max(dt) from "kpi_portfolio$partitions");

create external table if not exists kpi_actions (
    as_of_date date, company_id string, currency string, regua string, step_id string, step_kind string,
    channel string, actions bigint, debtors bigint, open_amount decimal(18, 2), reporting_currency string,
    fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_actions/';
msck repair table kpi_actions;

create or replace view kpi_actions_now as
select
    as_of_date, company_id, currency, regua, step_id, step_kind, channel, actions, debtors, open_amount,
    reporting_currency, fx_rate
from kpi_actions
where dt = (select max(dt) from "kpi_actions$partitions");

create external table if not exists kpi_holds (
    as_of_date date, company_id string, currency string, reason string, regua string, step_id string,
    debtors bigint, open_amount decimal(18, 2), reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_holds/';
msck repair table kpi_holds;

create or replace view kpi_holds_now as
select
    as_of_date, company_id, currency, reason, regua, step_id, debtors, open_amount, reporting_currency,
    fx_rate
from kpi_holds
where dt = (select max(dt) from "kpi_holds$partitions");

create external table if not exists kpi_channels (
    as_of_date date, company_id string, currency string, segment string, channel string, accounts bigint,
    contacts bigint, answered bigint, bounced bigint, answer_rate double
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_channels/';
msck repair table kpi_channels;

create or replace view kpi_channels_now as
select
    as_of_date, company_id, currency, segment, channel, accounts, contacts, answered, bounced, answer_rate
from kpi_channels
where dt = (select max(dt) from "kpi_channels$partitions");

create external table if not exists kpi_experiments (
    as_of_date date, company_id string, currency string, experiment string, arm string,
    is_champion boolean, groups bigint, contacted_groups bigint, collectable_amount decimal(18, 2),
    collected_amount decimal(18, 2), collection_rate double, standard_error double, difference double,
    difference_low double, difference_high double, starts_on date, ends_on date, share bigint,
    items bigint, item_standard_error double, items_per_group double, effective_groups double,
    before_collectable_amount decimal(18, 2), before_collected_amount decimal(18, 2),
    before_collection_rate double, before_standard_error double, covariance double,
    before_effective_groups double, contacts bigint, contacts_error double, disputing_groups bigint,
    opted_out_groups bigint, complaining_groups bigint, bounced_groups bigint, basis string,
    reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_experiments/';
msck repair table kpi_experiments;

create or replace view kpi_experiments_now as
select
    as_of_date, company_id, currency, experiment, arm, is_champion, groups, contacted_groups,
    collectable_amount, collected_amount, collection_rate, standard_error, difference, difference_low,
    difference_high, starts_on, ends_on, share, items, item_standard_error, items_per_group,
    effective_groups, before_collectable_amount, before_collected_amount, before_collection_rate,
    before_standard_error, covariance, before_effective_groups, contacts, contacts_error, disputing_groups,
    opted_out_groups, complaining_groups, bounced_groups, basis, reporting_currency, fx_rate
from kpi_experiments
where dt = (select max(dt) from "kpi_experiments$partitions");

create external table if not exists kpi_group_rates (
    as_of_date date, company_id string, currency string, days bigint, groups bigint, items bigint,
    collectable_amount decimal(18, 2), collected_amount decimal(18, 2), collection_rate double,
    standard_error double, item_standard_error double, items_per_group double, effective_groups double,
    before_collectable_amount decimal(18, 2), before_collected_amount decimal(18, 2),
    before_collection_rate double, before_standard_error double, covariance double, basis string,
    reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_group_rates/';
msck repair table kpi_group_rates;

create or replace view kpi_group_rates_now as
select
    as_of_date, company_id, currency, days, groups, items, collectable_amount, collected_amount,
    collection_rate, standard_error, item_standard_error, items_per_group, effective_groups,
    before_collectable_amount, before_collected_amount, before_collection_rate, before_standard_error,
    covariance, basis, reporting_currency, fx_rate
from kpi_group_rates
where dt = (select max(dt) from "kpi_group_rates$partitions");

create external table if not exists kpi_segment_moves (
    as_of_date date, company_id string, currency string, from_segment string, to_segment string,
    accounts bigint, open_amount decimal(18, 2), overdue_amount decimal(18, 2), reporting_currency string,
    fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_segment_moves/';
msck repair table kpi_segment_moves;

create or replace view kpi_segment_moves_now as
select
    as_of_date, company_id, currency, from_segment, to_segment, accounts, open_amount, overdue_amount,
    reporting_currency, fx_rate
from kpi_segment_moves
where dt = (select max(dt) from "kpi_segment_moves$partitions");

create external table if not exists kpi_listings (
    as_of_date date, company_id string, currency string, kind string, bureau string, listings bigint,
    items bigint, listed_amount decimal(18, 2), paid_while_listed bigint, removals_due bigint,
    removals_overdue bigint, overdue_days_max bigint, unknown_items bigint, reporting_currency string,
    fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_listings/';
msck repair table kpi_listings;

create or replace view kpi_listings_now as
select
    as_of_date, company_id, currency, kind, bureau, listings, items, listed_amount, paid_while_listed,
    removals_due, removals_overdue, overdue_days_max, unknown_items, reporting_currency, fx_rate
from kpi_listings
where dt = (select max(dt) from "kpi_listings$partitions");

create external table if not exists kpi_collection_effectiveness (
    as_of_date date, company_id string, currency string, month date, is_partial boolean,
    opening_amount decimal(18, 2), billed_amount decimal(18, 2), collected_amount decimal(18, 2),
    credited_amount decimal(18, 2), written_off_amount decimal(18, 2), closing_amount decimal(18, 2),
    closing_overdue_amount decimal(18, 2), cei double, cei_cash double, delinquency_rate double,
    dso_days double, best_possible_dso_days double, days_to_pay_avg double, days_late_avg double,
    basis string, reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_collection_effectiveness/';
msck repair table kpi_collection_effectiveness;

create or replace view kpi_collection_effectiveness_now as
select
    as_of_date, company_id, currency, month, is_partial, opening_amount, billed_amount, collected_amount,
    credited_amount, written_off_amount, closing_amount, closing_overdue_amount, cei, cei_cash,
    delinquency_rate, dso_days, best_possible_dso_days, days_to_pay_avg, days_late_avg, basis,
    reporting_currency, fx_rate
from kpi_collection_effectiveness
where dt = (select max(dt) from "kpi_collection_effectiveness$partitions");

create external table if not exists kpi_dso (
    as_of_date date, company_id string, currency string, open_amount decimal(18, 2),
    current_amount decimal(18, 2), credit_amount decimal(18, 2), sales_amount decimal(18, 2),
    sales_days bigint, dso_days double, best_possible_dso_days double, delinquent_days double,
    countback_dso_days double, basis string, reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_dso/';
msck repair table kpi_dso;

create or replace view kpi_dso_now as
select
    as_of_date, company_id, currency, open_amount, current_amount, credit_amount, sales_amount, sales_days,
    dso_days, best_possible_dso_days, delinquent_days, countback_dso_days, basis, reporting_currency,
    fx_rate
from kpi_dso
where dt = (select max(dt) from "kpi_dso$partitions");

create external table if not exists kpi_vintage (
    as_of_date date, company_id string, currency string, issue_month date, days_after_due bigint,
    billed_amount decimal(18, 2), matured_amount decimal(18, 2), paid_amount decimal(18, 2),
    credited_amount decimal(18, 2), written_off_amount decimal(18, 2), paid_rate double,
    is_complete boolean, basis string, reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_vintage/';
msck repair table kpi_vintage;

create or replace view kpi_vintage_now as
select
    as_of_date, company_id, currency, issue_month, days_after_due, billed_amount, matured_amount,
    paid_amount, credited_amount, written_off_amount, paid_rate, is_complete, basis, reporting_currency,
    fx_rate
from kpi_vintage
where dt = (select max(dt) from "kpi_vintage$partitions");

create external table if not exists kpi_roll_rates (
    as_of_date date, from_date date, company_id string, currency string, from_state string,
    to_state string, amount decimal(18, 2), items bigint, rate double, basis string,
    reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_roll_rates/';
msck repair table kpi_roll_rates;

create or replace view kpi_roll_rates_now as
select
    as_of_date, from_date, company_id, currency, from_state, to_state, amount, items, rate, basis,
    reporting_currency, fx_rate
from kpi_roll_rates
where dt = (select max(dt) from "kpi_roll_rates$partitions");

create external table if not exists kpi_cures (
    as_of_date date, from_date date, company_id string, currency string, accounts_overdue_before bigint,
    accounts_cured bigint, cure_rate double, accounts_cured_before bigint, accounts_redefaulted bigint,
    redefault_rate double, basis string
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_cures/';
msck repair table kpi_cures;

create or replace view kpi_cures_now as
select
    as_of_date, from_date, company_id, currency, accounts_overdue_before, accounts_cured, cure_rate,
    accounts_cured_before, accounts_redefaulted, redefault_rate, basis
from kpi_cures
where dt = (select max(dt) from "kpi_cures$partitions");

create external table if not exists kpi_ecl (
    as_of_date date, company_id string, currency string, bucket_no bigint, bucket string,
    open_amount decimal(18, 2), reached_amount decimal(18, 2), lost_amount decimal(18, 2),
    cohort_from date, loss_rate double, forward_factor double, expected_loss_amount decimal(18, 2),
    basis string, reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_ecl/';
msck repair table kpi_ecl;

create or replace view kpi_ecl_now as
select
    as_of_date, company_id, currency, bucket_no, bucket, open_amount, reached_amount, lost_amount,
    cohort_from, loss_rate, forward_factor, expected_loss_amount, basis, reporting_currency, fx_rate
from kpi_ecl
where dt = (select max(dt) from "kpi_ecl$partitions");

create external table if not exists kpi_concentration (
    as_of_date date, company_id string, currency string, part string, groups bigint,
    open_amount decimal(18, 2), open_share double, overdue_amount decimal(18, 2), overdue_share double,
    reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_concentration/';
msck repair table kpi_concentration;

create or replace view kpi_concentration_now as
select
    as_of_date, company_id, currency, part, groups, open_amount, open_share, overdue_amount, overdue_share,
    reporting_currency, fx_rate
from kpi_concentration
where dt = (select max(dt) from "kpi_concentration$partitions");

create external table if not exists kpi_promises (
    as_of_date date, company_id string, currency string, pending bigint, pending_amount decimal(18, 2),
    kept bigint, broken bigint, kept_rate double, promised_amount decimal(18, 2),
    kept_amount decimal(18, 2), kept_amount_rate double, reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_promises/';
msck repair table kpi_promises;

create or replace view kpi_promises_now as
select
    as_of_date, company_id, currency, pending, pending_amount, kept, broken, kept_rate, promised_amount,
    kept_amount, kept_amount_rate, reporting_currency, fx_rate
from kpi_promises
where dt = (select max(dt) from "kpi_promises$partitions");

create external table if not exists kpi_agreements (
    as_of_date date, company_id string, currency string, active bigint, active_amount decimal(18, 2),
    fulfilled bigint, fulfilled_amount decimal(18, 2), broken bigint, broken_amount decimal(18, 2),
    cancelled bigint, cancelled_amount decimal(18, 2), first_due bigint, first_payment_defaults bigint,
    redefaults bigint, reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_agreements/';
msck repair table kpi_agreements;

create or replace view kpi_agreements_now as
select
    as_of_date, company_id, currency, active, active_amount, fulfilled, fulfilled_amount, broken,
    broken_amount, cancelled, cancelled_amount, first_due, first_payment_defaults, redefaults,
    reporting_currency, fx_rate
from kpi_agreements
where dt = (select max(dt) from "kpi_agreements$partitions");

create external table if not exists kpi_contact_pressure (
    as_of_date date, company_id string, currency string, channel string, contacts bigint, debtors bigint
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_contact_pressure/';
msck repair table kpi_contact_pressure;

create or replace view kpi_contact_pressure_now as
select
    as_of_date, company_id, currency, channel, contacts, debtors
from kpi_contact_pressure
where dt = (select max(dt) from "kpi_contact_pressure$partitions");

create external table if not exists kpi_cash_forecast (
    as_of_date date, company_id string, currency string, week_no bigint, week_from date, week_to date,
    source string, due_amount decimal(18, 2), expected_amount decimal(18, 2), model_amount decimal(18, 2),
    model_low_amount decimal(18, 2), model_high_amount decimal(18, 2), model_coverage double, basis string,
    reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_cash_forecast/';
msck repair table kpi_cash_forecast;

create or replace view kpi_cash_forecast_now as
select
    as_of_date, company_id, currency, week_no, week_from, week_to, source, due_amount, expected_amount,
    model_amount, model_low_amount, model_high_amount, model_coverage, basis, reporting_currency, fx_rate
from kpi_cash_forecast
where dt = (select max(dt) from "kpi_cash_forecast$partitions");

create external table if not exists kpi_model (
    as_of_date date, company_id string, currency string, seen string, part string, bills bigint,
    late_bills bigint, chance_avg double, late_share double, squared_error double,
    counting_squared_error double, late_auc double
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_model/';
msck repair table kpi_model;

create or replace view kpi_model_now as
select
    as_of_date, company_id, currency, seen, part, bills, late_bills, chance_avg, late_share, squared_error,
    counting_squared_error, late_auc
from kpi_model
where dt = (select max(dt) from "kpi_model$partitions");

create external table if not exists kpi_recovery (
    as_of_date date, company_id string, currency string, regua string, step_id string, channel string,
    template_id string, segment string, contacts bigint, maturing_contacts bigint, debtors bigint,
    delivered bigint, read bigint, answered bigint, bounced bigint, opted_out bigint, complained bigint,
    contacted_amount decimal(18, 2), recovered_amount decimal(18, 2), recovery_rate double,
    days_to_cash_avg double, cost_amount decimal(18, 2), cost_per_recovered double, basis string,
    reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_recovery/';
msck repair table kpi_recovery;

create or replace view kpi_recovery_now as
select
    as_of_date, company_id, currency, regua, step_id, channel, template_id, segment, contacts,
    maturing_contacts, debtors, delivered, read, answered, bounced, opted_out, complained,
    contacted_amount, recovered_amount, recovery_rate, days_to_cash_avg, cost_amount, cost_per_recovered,
    basis, reporting_currency, fx_rate
from kpi_recovery
where dt = (select max(dt) from "kpi_recovery$partitions");

create external table if not exists kpi_collectors (
    as_of_date date, company_id string, currency string, owner_kind string, owner_id string,
    debtors bigint, items bigint, open_amount decimal(18, 2), overdue_amount decimal(18, 2),
    collected_amount decimal(18, 2), tasks bigint, contacts bigint, answered bigint, answered_rate double,
    promises_kept bigint, promises_broken bigint, kept_rate double, cost_amount decimal(18, 2),
    reporting_currency string, fx_rate decimal(18, 8)
)
partitioned by (dt string)
stored as parquet
location 's3://bucket/output/kpi/kpi_collectors/';
msck repair table kpi_collectors;

create or replace view kpi_collectors_now as
select
    as_of_date, company_id, currency, owner_kind, owner_id, debtors, items, open_amount, overdue_amount,
    collected_amount, tasks, contacts, answered, answered_rate, promises_kept, promises_broken, kept_rate,
    cost_amount, reporting_currency, fx_rate
from kpi_collectors
where dt = (select max(dt) from "kpi_collectors$partitions");

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
