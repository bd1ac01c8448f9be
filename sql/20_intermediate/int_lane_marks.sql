-- Purpose: the items and the days of each lane on one scale: up to which level an item is filled, and which level was reached
--   at the end of a day.
-- Grain: lane_no, is_day, installment_no, on_day
-- Reads: int_lane_rows
-- Units: amount and level in units of currency, from the bottom of the lane
-- Nulls: installment_no null = a day; next_on null = an item, or nothing was posted later
-- Kind: table
with
    lane_rows as (select * from int_lane_rows),
    totals as (
        select lane_no, is_day, sum(amount) as amount
        from lane_rows
        group by lane_no, is_day
    ),
    bottoms as (
        -- Sums run over all lanes at once, because windows cost much per partition; each lane begins where the last one ended.
        select
            lane_no,
            is_day,
            sum(amount) over (order by lane_no, is_day rows between unbounded preceding and current row) - amount as bottom
        from totals
    ),
    running as (
        select
            *,
            sum(amount) over (
                order by lane_no, is_day, on_day, installment_no
                rows between unbounded preceding and current row
            ) as running_amount,
            lead(on_day) over (order by lane_no, is_day, on_day, installment_no) as following_on,
            lead(lane_no) over (order by lane_no, is_day, on_day, installment_no) as following_lane_no
        from lane_rows
    ),
    marks as (
        select
            running.debtor_id,
            running.company_id,
            running.invoice_id,
            running.currency,
            running.lane,
            running.lane_no,
            running.is_day,
            running.installment_no,
            running.on_day,
            running.amount,
            running.running_amount - bottoms.bottom as level,
            case when running.is_day and running.following_lane_no = running.lane_no then running.following_on end as next_on
        from running
        inner join bottoms on running.lane_no = bottoms.lane_no and running.is_day = bottoms.is_day
    )
select * from marks
