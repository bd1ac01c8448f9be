-- Purpose: what was applied to each item where one running sum fills them in order of due date, or one for each instalment;
--   what is taken back empties them from the last.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: int_lane_marks
-- Units: amounts in units of currency; applied_amount is between 0 and the item's amount
-- Nulls: full_since null = not filled
-- Kind: table
with
    measured as (
        select
            *,
            -- The day after the last one that ended below the mark.
            max(next_on) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by level, installment_no is null, installment_no
                rows between unbounded preceding and current row
            ) as reached_on,
            min(paid_on) over (partition by debtor_id, company_id, invoice_id, currency, lane) as first_on,
            sum(posted_amount) over (partition by debtor_id, company_id, invoice_id, currency, lane) as level_now
        from int_lane_marks
    ),
    filled as (
        select
            debtor_id,
            company_id,
            invoice_id,
            installment_no,
            cast(least(greatest(level_now - (level - item_amount), 0), item_amount) as decimal(18, 2)) as applied_amount,
            case when level_now >= level then coalesce(reached_on, first_on) end as full_since
        from measured
        where installment_no is not null and level_now is not null
    )
select * from filled
