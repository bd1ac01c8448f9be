-- Purpose: credit that is applied to nothing: of an account what was paid on its invoices too much and what names its
--   company; of a debtor as a whole what names neither company nor invoice.
-- Grain: debtor_id, company_id, currency
-- Reads: int_unapplied_amounts
-- Units: amounts in units of currency; credit_amount is never below zero
-- Nulls: company_id null = of the debtor as a whole; unmatched_amount is what the snapshot cannot place, as what was taken
--   back of payments that it does not hold, below zero, and what was written off beyond what was owed, above it
-- Kind: table
with
    summed as (select * from int_unapplied_amounts),
    short as (
        -- What was refunded without a company, or of a company beyond its credit: it was the debtor's other credit.
        select
            debtor_id,
            currency,
            -- Cast before they meet a plain 0: a sum of sums has so many digits that it would lose its cents to it.
            greatest(-coalesce(cast(sum(case when company_id is null then balance end) as decimal(28, 2)), 0), 0) as shared_short,
            coalesce(
                cast(sum(case when company_id is not null and balance < 0 then -balance end) as decimal(28, 2)), 0
            ) as company_short
        from summed
        group by debtor_id, currency
        having min(balance) < 0
    ),
    refunded as (
        select
            summed.*,
            short.shared_short,
            short.company_short,
            sum(case when summed.company_id is not null then greatest(summed.balance, 0) else 0 end) over (
                partition by summed.debtor_id, summed.currency
                order by summed.company_id
                rows between unbounded preceding and current row
            ) as credit_to
        from summed
        inner join short on summed.debtor_id = short.debtor_id and summed.currency = short.currency
    ),
    credited as (
        select summed.*, summed.balance as credit_amount
        from summed
        left anti join short on summed.debtor_id = short.debtor_id and summed.currency = short.currency
        union all
        select
            account_key,
            debtor_id,
            company_id,
            currency,
            group_key,
            effect_amount,
            left_amount,
            unknown_amount,
            balance,
            case
                when company_id is null then greatest(balance - company_short, 0)
                else least(greatest(credit_to - shared_short, 0), greatest(balance, 0))
            end
        from refunded
    ),
    stated as (
        select
            group_key,
            debtor_id,
            company_id,
            currency,
            cast(credit_amount as decimal(18, 2)) as credit_amount,
            cast(left_amount - credit_amount as decimal(18, 2)) as unmatched_amount,
            cast(unknown_amount as decimal(18, 2)) as unknown_amount,
            cast(effect_amount as decimal(18, 2)) as effect_amount
        from credited
    )
select * from stated
