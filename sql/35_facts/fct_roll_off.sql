-- Purpose: the shard's part of the weekly roll-off: at each of the last 26 week ends, what was open at every age, and how much of
--   it was paid, or left otherwise, in the week that followed.
-- Grain: company_id, currency, age_weeks
-- Reads: int_item_flows, raw_books
-- Units: amounts in units of currency, added up over the week ends; age_weeks = whole weeks since the due date, from -13 to 52,
--   with all that is younger or older at the ends
-- Columns: paid_amount and left_amount = of what was open at the week's end before; paid = and never taken back since, left =
--   credited or written off
-- Nulls: none; week ends before @known_from are left out: nobody knows all that was open
-- Kind: table
with
    flows as (
        -- What was settled before the first of the week ends was open at none.
        select * from int_item_flows where coalesce(cast(open_until as int) > @as_of_day - 7 * 26, true)
    ),
    week_ends as (
        select weeks_ago
        from (
            values
                (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20),
                (21), (22), (23), (24), (25), (26)
        ) as week_ends (weeks_ago)
        where @as_of_day - 7 * weeks_ago >= cast(@known_from as int)
    ),
    dated as (
        select
            book_key,
            -- Beyond these every week end has the age at the end of the scale.
            least(cast((greatest(@as_of_day - cast(due_date as int), -91) + 91) / 7 as bigint) - 13, 78) as age_weeks_now,
            least(cast((@as_of_day - cast(flowed_on as int)) / 7 as bigint), 26) as flowed_weeks_ago,
            -- What was issued in the week was not open when it began; what changes once nothing is open takes the place of
            -- something else.
            (@as_of_day - cast(issue_date as int)) / 7 > (@as_of_day - cast(flowed_on as int)) / 7
                and coalesce(flowed_on <= open_until, true) as was_open,
            billed_amount - paid_amount - credited_amount - written_off_amount as open_change,
            kept_amount as paid_amount,
            greatest(credited_amount + written_off_amount, 0) as left_amount
        from flows
    ),
    by_week as (
        select
            book_key,
            age_weeks_now,
            flowed_weeks_ago,
            sum(open_change) as open_change,
            sum(case when was_open then paid_amount else 0 end) as paid_amount,
            sum(case when was_open then left_amount else 0 end) as left_amount
        from dated
        group by book_key, age_weeks_now, flowed_weeks_ago
    ),
    at_week_ends as (
        select
            by_week.book_key,
            by_week.age_weeks_now - week_ends.weeks_ago as age_weeks,
            by_week.open_change as open_amount,
            case when by_week.flowed_weeks_ago = week_ends.weeks_ago - 1 then by_week.paid_amount end as paid_amount,
            case when by_week.flowed_weeks_ago = week_ends.weeks_ago - 1 then by_week.left_amount end as left_amount,
            by_week.flowed_weeks_ago >= week_ends.weeks_ago as is_before
        -- The few stand first: the engine makes a batch for every row of the first.
        from week_ends
        inner join by_week on by_week.flowed_weeks_ago >= week_ends.weeks_ago - 1
    ),
    grouped as (
        select
            book_key,
            least(greatest(age_weeks, -13), 52) as age_weeks,
            cast(sum(case when is_before then open_amount else 0 end) as decimal(28, 2)) as open_amount,
            cast(sum(coalesce(paid_amount, 0)) as decimal(28, 2)) as paid_amount,
            cast(sum(coalesce(left_amount, 0)) as decimal(28, 2)) as left_amount
        from at_week_ends
        group by book_key, least(greatest(age_weeks, -13), 52)
    ),
    named as (
        select
            books.company_id,
            books.currency,
            grouped.age_weeks,
            grouped.open_amount,
            grouped.paid_amount,
            grouped.left_amount
        from grouped
        inner join raw_books as books on grouped.book_key = books.book_key
    )
select * from named
