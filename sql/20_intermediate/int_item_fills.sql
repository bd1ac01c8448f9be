-- Purpose: what was applied to each item where one running sum fills them in order of due date, or one for each instalment;
--   what is taken back empties them from the last.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: int_lane_marks
-- Units: amounts in units of currency; applied_amount is between 0 and the item's amount
-- Nulls: full_since null = not filled
-- Kind: table
with
    marks as (select * from int_lane_marks),
    lanes as (
        select lane_no, min(on_day) as first_on, sum(amount) as level_now
        from marks
        where is_day
        group by lane_no
    ),
    reached as (
        select
            *,
            -- The day after the last one that ended below the mark. The lane stands before the day in one number, so that
            -- the greatest so far is never another lane's where this one has any.
            max(lane_no * 10000000 + 1000000 + cast(next_on as int)) over (
                order by lane_no, level, is_day, installment_no
                rows between unbounded preceding and current row
            ) as reached_code
        from marks
    ),
    filled as (
        select
            reached.debtor_id,
            reached.company_id,
            reached.invoice_id,
            reached.installment_no,
            cast(
                least(greatest(lanes.level_now - (reached.level - reached.amount), 0), reached.amount) as decimal(18, 2)
            ) as applied_amount,
            case
                when lanes.level_now < reached.level then null
                when reached.reached_code >= reached.lane_no * 10000000
                    then cast(cast(reached.reached_code - reached.lane_no * 10000000 - 1000000 as int) as date)
                else lanes.first_on
            end as full_since
        from reached
        inner join lanes on reached.lane_no = lanes.lane_no
        where not reached.is_day
    )
select * from filled
