-- Purpose: the total due is the open amount with its charges, in the dunning currency too; the payments of an offer are
--   its total, and the total follows from what is due.
-- Grain: none; one row per finding
-- Reads: out_actions, out_action_offers
-- Units: amounts in units of currency; dunning_amount in units of dunning_currency
-- Nulls: none
-- Kind: audit
with
    actions as (
        select
            *,
            open_amount + fine_amount + interest_amount + fee_amount + residual_amount as added_amount
        from out_actions
    ),
    offers as (
        select
            action_id,
            min(total_amount) as total_amount,
            min(discount_amount) as discount_amount,
            min(interest_amount) as interest_amount,
            sum(amount) as paid_amount
        from out_action_offers
        group by action_id
    ),
    with_charges as (
        select
            action_id as subject,
            cast(added_amount as varchar) as expected,
            cast(total_due as varchar) as actual,
            cast(total_due - added_amount as varchar) as difference
        from actions
        where total_due <> added_amount
    ),
    below_nothing as (
        select
            action_id as subject,
            'no charge below 0' as expected,
            cast(least(fine_amount, interest_amount, fee_amount, residual_amount, waived_amount) as varchar) as actual,
            cast(least(fine_amount, interest_amount, fee_amount, residual_amount, waived_amount) as varchar) as difference
        from actions
        where least(fine_amount, interest_amount, fee_amount, residual_amount, waived_amount) < 0
    ),
    offered as (
        select
            action_id as subject,
            cast(total_amount as varchar) as expected,
            cast(paid_amount as varchar) as actual,
            cast(paid_amount - total_amount as varchar) as difference
        from offers
        where paid_amount <> total_amount
    ),
    offered_on_total as (
        select
            offers.action_id as subject,
            cast(actions.total_due - offers.discount_amount + offers.interest_amount as varchar) as expected,
            cast(offers.total_amount as varchar) as actual,
            cast(
                offers.total_amount - (actions.total_due - offers.discount_amount + offers.interest_amount) as varchar
            ) as difference
        from offers
        inner join actions on offers.action_id = actions.action_id
        where offers.total_amount <> actions.total_due - offers.discount_amount + offers.interest_amount
    ),
    converted as (
        -- Rounded to a cent, or to a whole unit where the currency has no cents.
        select
            action_id as subject,
            cast(cast(total_due as decimal(28, 2)) * fx_rate as varchar) as expected,
            cast(dunning_amount as varchar) as actual,
            cast(dunning_amount - cast(total_due as decimal(28, 2)) * fx_rate as varchar) as difference
        from actions
        where dunning_amount is not null
            and abs(dunning_amount - cast(total_due as decimal(28, 2)) * fx_rate)
                > case when dunning_amount = floor(dunning_amount) then 0.5 else 0.005 end
    ),
    findings as (
        select * from with_charges
        union all select * from below_nothing
        union all select * from offered
        union all select * from offered_on_total
        union all select * from converted
    )
select * from findings
