-- Purpose: what is billed today and may come in, week by week: by the weekly roll-off of the last 26 weeks; of promises as many
--   as were kept, of agreements as many as did not fail at once; and beside the roll-off, what the model of payment expects of each
--   item. A week of a source in which that is nothing has no row.
-- Grain: company_id, currency, week_no, source
-- Reads: fct_expected, fct_expected_receipts, fct_roll_off, fct_sales, fct_instalments, all_agreements, fct_promises, all_known, run_bands
-- Units: amounts in units of currency; week_no from 1 to 13, the seven days from week_from to week_to
-- Nulls: expected_amount of not_due and overdue where the first invoice, or what is known of it, is younger than eight weeks, of promises where none has
--   come due, of agreements where no first instalment has; with the scope "open" what is
--   known begins with the first run; model_amount of promises and agreements, and where no model is used or it was refused; low and high
--   where it could not be tried
-- Kind: table
with recursive
    owed as (
        select company_id, currency, source, age_weeks, week_no, sum(open_amount) as open_amount
        from fct_expected
        group by company_id, currency, source, age_weeks, week_no
    ),
    roll_off as (
        select
            company_id,
            currency,
            age_weeks,
            sum(open_amount) as open_amount,
            cast(sum(paid_amount) as decimal(28, 2)) as paid_amount,
            cast(sum(left_amount) as decimal(28, 2)) as left_amount
        from fct_roll_off
        group by company_id, currency, age_weeks
    ),
    rates as (
        -- Of an age that nothing had, nobody knows anything: it brings nothing, and nothing leaves it.
        select
            company_id,
            currency,
            age_weeks,
            least(cast(paid_amount as double) / cast(open_amount as double), 1.0) as paid_rate,
            least((cast(paid_amount as double) + cast(left_amount as double)) / cast(open_amount as double), 1.0)
                as gone_rate
        from roll_off
        where open_amount > 0
    ),
    exact_rates as (
        select
            company_id,
            currency,
            age_weeks,
            cast(paid_rate as decimal(11, 10)) as paid_rate,
            cast(1.0 - gone_rate as decimal(11, 10)) as stay_rate
        from rates
    ),
    chain as (
        select
            company_id,
            currency,
            source,
            cast(1 as bigint) as week_no,
            age_weeks,
            cast(sum(open_amount) as decimal(26, 6)) as amount
        from owed
        where source in ('not_due', 'overdue')
        group by company_id, currency, source, age_weeks
        union all
        select
            chain.company_id,
            chain.currency,
            chain.source,
            chain.week_no + 1,
            chain.age_weeks + 1,
            cast(chain.amount * coalesce(exact_rates.stay_rate, cast(1 as decimal(11, 10))) as decimal(26, 6))
        from chain
        left join exact_rates
            on chain.company_id = exact_rates.company_id
            and chain.currency = exact_rates.currency
            and least(greatest(chain.age_weeks, -13), 52) = exact_rates.age_weeks
        where chain.week_no < 13
    ),
    rolled as (
        select
            chain.company_id,
            chain.currency,
            chain.source,
            chain.week_no,
            sum(cast(chain.amount * coalesce(exact_rates.paid_rate, cast(0 as decimal(11, 10))) as decimal(26, 6)))
                as expected_amount
        from chain
        left join exact_rates
            on chain.company_id = exact_rates.company_id
            and chain.currency = exact_rates.currency
            and least(greatest(chain.age_weeks, -13), 52) = exact_rates.age_weeks
        group by chain.company_id, chain.currency, chain.source, chain.week_no
    ),
    histories as (
        select company_id, currency, min(first_issue_date) as first_issue_date
        from fct_sales
        group by company_id, currency
    ),
    agreements as (
        select debtor_id, agreement_id, company_id, currency, state, is_judged, is_first_payment_default
        from all_agreements
    ),
    instalments as (
        select debtor_id, agreement_id, week_no, max(owed_amount) as owed_amount
        from fct_instalments
        group by debtor_id, agreement_id, week_no
    ),
    agreed as (
        select agreements.company_id, agreements.currency, instalments.week_no, sum(instalments.owed_amount) as due_amount
        from instalments
        inner join agreements
            on instalments.debtor_id = agreements.debtor_id
            and instalments.agreement_id = agreements.agreement_id
            and agreements.state = 'active'
        group by agreements.company_id, agreements.currency, instalments.week_no
    ),
    modelled as (
        select
            company_id,
            currency,
            source,
            week_no,
            cast(sum(expected_amount) as decimal(28, 2)) as model_amount,
            sqrt(cast(sum(variance) as double)) as deviation
        from fct_expected_receipts
        group by company_id, currency, source, week_no
    ),
    open_parts as (
        select company_id, currency, source, cast(sum(open_amount) as double) as open_amount
        from owed
        group by company_id, currency, source
    ),
    banded as (
        -- Eight in ten of a normal distribution, as wide as the weeks in which the model was tried; never below nothing or above all.
        select
            modelled.company_id,
            modelled.currency,
            modelled.source,
            modelled.week_no,
            modelled.model_amount,
            case
                when bands.width is not null
                    then cast(
                        round(
                            greatest(
                                cast(modelled.model_amount as double) - modelled.deviation * bands.width,
                                0.0
                            ),
                            2
                        )
                        as decimal(18, 2)
                    )
            end as model_low_amount,
            case
                when bands.width is not null
                    then cast(
                        round(
                            least(
                                cast(modelled.model_amount as double) + modelled.deviation * bands.width,
                                open_parts.open_amount
                            ),
                            2
                        )
                        as decimal(18, 2)
                    )
            end as model_high_amount,
            bands.coverage as model_coverage
        from modelled
        inner join open_parts
            on modelled.company_id = open_parts.company_id
            and modelled.currency = open_parts.currency
            and modelled.source = open_parts.source
        left join run_bands as bands on modelled.currency = bands.currency
    ),
    due as (
        select company_id, currency, source, week_no, sum(open_amount) as due_amount
        from owed
        where week_no is not null and source <> 'agreement'
        group by company_id, currency, source, week_no
        union all
        select company_id, currency, 'agreement', week_no, due_amount from agreed
    ),
    kept_promises as (
        select
            company_id,
            currency,
            cast(sum(kept_amount) as double) / nullif(cast(sum(promised_amount) as double), 0.0) as kept_rate
        from fct_promises
        group by company_id, currency
    ),
    kept_agreements as (
        select
            company_id,
            currency,
            1.0
                - cast(count(case when is_judged and is_first_payment_default then 1 end) as double)
                / nullif(cast(count(case when is_judged then 1 end) as double), 0.0) as kept_rate
        from agreements
        group by company_id, currency
    ),
    accounts as (
        select company_id, currency from owed
        union select company_id, currency from agreed
    ),
    cells as (
        select accounts.company_id, accounts.currency, weeks.week_no, sources.source
        from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13)) as weeks (week_no)
        cross join (values ('not_due'), ('overdue'), ('promise'), ('agreement')) as sources (source)
        cross join accounts
    ),
    joined as (
        select
            cells.company_id,
            cells.currency,
            cells.week_no,
            cells.source,
            coalesce(cast(due.due_amount as decimal(28, 2)), 0) as due_amount,
            coalesce(cast(rolled.expected_amount as decimal(34, 6)), 0) as rolled_amount,
            case cells.source when 'promise' then kept_promises.kept_rate when 'agreement' then kept_agreements.kept_rate end
                as kept_rate,
            cells.source in ('promise', 'agreement') as is_agreed,
            rolled.expected_amount is not null as is_owed,
            banded.model_amount,
            banded.model_low_amount,
            banded.model_high_amount,
            banded.model_coverage,
            @as_of_day - cast(greatest(histories.first_issue_date, coalesce(known.known_from, @known_from)) as int) >= 56
                as has_history
        from cells
        left join due
            on cells.company_id = due.company_id
            and cells.currency = due.currency
            and cells.week_no = due.week_no
            and cells.source = due.source
        left join rolled
            on cells.company_id = rolled.company_id
            and cells.currency = rolled.currency
            and cells.week_no = rolled.week_no
            and cells.source = rolled.source
        left join banded
            on cells.company_id = banded.company_id
            and cells.currency = banded.currency
            and cells.week_no = banded.week_no
            and cells.source = banded.source
        left join histories on cells.company_id = histories.company_id and cells.currency = histories.currency
        left join all_known as known on cells.company_id = known.company_id and cells.currency = known.currency
        left join kept_promises on cells.company_id = kept_promises.company_id and cells.currency = kept_promises.currency
        left join kept_agreements
            on cells.company_id = kept_agreements.company_id
            and cells.currency = kept_agreements.currency
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            cast(week_no as bigint) as week_no,
            cast(@as_of_day + 7 * cast(week_no as int) - 6 as date) as week_from,
            cast(@as_of_day + 7 * cast(week_no as int) as date) as week_to,
            source,
            cast(due_amount as decimal(18, 2)) as due_amount,
            case
                when is_agreed and due_amount = 0 then cast(0 as decimal(18, 2))
                when is_agreed then cast(round(cast(due_amount as double) * kept_rate, 2) as decimal(18, 2))
                when has_history then cast(round(rolled_amount, 2) as decimal(18, 2))
            end as expected_amount,
            cast(model_amount as decimal(18, 2)) as model_amount,
            model_low_amount,
            model_high_amount,
            model_coverage,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis,
            is_owed
        from joined
    ),
    told as (
        select * exclude (is_owed)
        from stated
        where due_amount > 0 or expected_amount > 0 or model_amount > 0 or (expected_amount is null and is_owed)
    )
select * from told
order by company_id, currency, week_no, source
