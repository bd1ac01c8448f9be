-- Purpose: expected credit loss by the simplified approach of IFRS 9 (CPC 48): a provision matrix from the own history. An
--   indication for the accountant, not a booking.
-- Grain: company_id, currency, bucket_no
-- Reads: fct_aging, fct_losses, run_buckets, all_known
-- Units: amounts in units of currency; loss_rate from 0 to 1
-- Nulls: loss_rate and expected_loss_amount where nothing of the cohort has reached the bucket; with the scope "open" both
--   are null until twice the loss days were observed, but in buckets that begin after the loss days
-- Kind: table
with
    owed as (
        select company_id, currency, bucket_no, sum(open_amount) as open_amount
        from fct_aging
        where bucket_no >= 0
        group by company_id, currency, bucket_no
    ),
    losses as (
        select
            facts.company_id,
            facts.currency,
            facts.bucket_no,
            sum(facts.cohort_amount) as cohort_amount,
            sum(facts.paid_amount) as paid_amount,
            min(facts.cohort_from) as cohort_from
        from fct_losses as facts
        left join all_known as known on facts.company_id = known.company_id and facts.currency = known.currency
        where coalesce(known.known_from, @known_from) <= @losses_from
        group by facts.company_id, facts.currency, facts.bucket_no
    ),
    cohorts as (
        select
            company_id,
            currency,
            sum(cohort_amount) as cohort_amount,
            sum(paid_amount) as paid_amount,
            min(cohort_from) as cohort_from
        from losses
        group by company_id, currency
    ),
    accounts as (
        select company_id, currency from owed
        union select company_id, currency from losses
    ),
    buckets as (
        select
            accounts.company_id,
            accounts.currency,
            run_buckets.bucket_no,
            run_buckets.bucket,
            run_buckets.from_days,
            run_buckets.forward_factor
        from run_buckets
        cross join accounts
    ),
    paid_before as (
        -- What was paid in an earlier bucket did not reach this one.
        select buckets.company_id, buckets.currency, buckets.bucket_no, sum(losses.paid_amount) as paid_amount
        from buckets
        inner join losses
            on buckets.company_id = losses.company_id
            and buckets.currency = losses.currency
            and losses.bucket_no < buckets.bucket_no
        group by buckets.company_id, buckets.currency, buckets.bucket_no
    ),
    joined as (
        select
            buckets.company_id,
            buckets.currency,
            buckets.bucket_no,
            buckets.bucket,
            buckets.from_days > @loss_days as is_lost,
            buckets.forward_factor,
            cast(coalesce(cast(owed.open_amount as decimal(28, 2)), 0) as decimal(18, 2)) as open_amount,
            cast(
                greatest(
                    coalesce(cast(cohorts.cohort_amount as decimal(28, 2)), 0)
                    - coalesce(cast(paid_before.paid_amount as decimal(28, 2)), 0),
                    0
                )
                as decimal(18, 2)
            ) as reached_amount,
            cast(
                greatest(coalesce(cast(cohorts.cohort_amount - cohorts.paid_amount as decimal(28, 2)), 0), 0)
                as decimal(18, 2)
            ) as lost_amount,
            cohorts.cohort_from
        from buckets
        left join owed
            on buckets.company_id = owed.company_id
            and buckets.currency = owed.currency
            and buckets.bucket_no = owed.bucket_no
        left join cohorts on buckets.company_id = cohorts.company_id and buckets.currency = cohorts.currency
        left join paid_before
            on buckets.company_id = paid_before.company_id
            and buckets.currency = paid_before.currency
            and buckets.bucket_no = paid_before.bucket_no
    ),
    rated as (
        select
            *,
            case
                when is_lost then 1.0
                else
                    least(cast(lost_amount as double), cast(reached_amount as double))
                    / nullif(cast(reached_amount as double), 0.0)
            end as loss_rate
        from joined
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            bucket_no,
            bucket,
            open_amount,
            reached_amount,
            lost_amount,
            cohort_from,
            loss_rate,
            forward_factor,
            -- least() passes over nulls.
            case
                when loss_rate is not null
                    then
                        least(
                            cast(round(cast(open_amount as double) * loss_rate * forward_factor, 2) as decimal(18, 2)),
                            open_amount
                        )
            end as expected_loss_amount,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from rated
    )
select * from stated
order by company_id, currency, bucket_no
