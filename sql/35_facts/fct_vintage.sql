-- Purpose: the shard's part of the vintages: what was billed in each month, and how long after its payable day it was paid.
-- Grain: company_id, currency, month_key, matured_no, flowed_no
-- Reads: int_item_flows, raw_books
-- Units: amounts in units of currency; month_key = 12 x year + month of the issue date
-- Columns: matured_no = for how many of the ages 0, 30, 60, 90 and 180 days the item is old enough; flowed_no = the number,
--   from 0, of the first of these ages by which it flowed, 5 = later than all
-- Nulls: none; what was issued before @known_from is left out: nobody knows all of it
-- Kind: table
with
    flows as (select * from int_item_flows where issue_date >= @vintage_from and issue_date >= @known_from),
    aged as (
        select
            book_key,
            month_key(issue_date) as month_key,
            @as_of_day - cast(payable_on as int) as age,
            cast(flowed_on as int) - cast(payable_on as int) as flowed_age,
            billed_amount,
            paid_amount,
            credited_amount,
            written_off_amount
        from flows
    ),
    numbered as (
        select
            *,
            case
                when age < 0 then 0 when age < 30 then 1 when age < 60 then 2 when age < 90 then 3 when age < 180 then 4 else 5
            end as matured_no,
            case
                when flowed_age <= 0 then 0
                when flowed_age <= 30 then 1
                when flowed_age <= 60 then 2
                when flowed_age <= 90 then 3
                when flowed_age <= 180 then 4
                else 5
            end as flowed_no
        from aged
    ),
    grouped as (
        select
            book_key,
            month_key,
            matured_no,
            flowed_no,
            cast(sum(billed_amount) as decimal(28, 2)) as billed_amount,
            cast(sum(paid_amount) as decimal(28, 2)) as paid_amount,
            cast(sum(credited_amount) as decimal(28, 2)) as credited_amount,
            cast(sum(written_off_amount) as decimal(28, 2)) as written_off_amount
        from numbered
        group by book_key, month_key, matured_no, flowed_no
    ),
    named as (
        select
            books.company_id,
            books.currency,
            grouped.month_key,
            grouped.matured_no,
            grouped.flowed_no,
            grouped.billed_amount,
            grouped.paid_amount,
            grouped.credited_amount,
            grouped.written_off_amount
        from grouped
        inner join raw_books as books on grouped.book_key = books.book_key
    )
select * from named
