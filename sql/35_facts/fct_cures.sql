-- Purpose: the shard's part of how many accounts that were late one period ago, or two, are late no more, or again.
-- Grain: company_id, currency
-- Reads: int_item_positions, raw_books
-- Units: numbers of accounts
-- Nulls: none
-- Kind: table
with
    positions as (select * from int_item_positions),
    accounts as (
        select
            account_key,
            book_key,
            bool_or(open_amount > 0 and payable_on < @as_of) as is_late,
            bool_or(open_before > 0 and payable_on < @rolled_from) as was_late,
            bool_or(open_twice_before > 0 and payable_on < @rolled_twice_from) as was_late_twice_before
        from positions
        group by account_key, book_key
    ),
    grouped as (
        select
            book_key,
            count(case when was_late then 1 end) as accounts_overdue_before,
            count(case when was_late and not is_late then 1 end) as accounts_cured,
            count(case when was_late_twice_before and not was_late then 1 end) as accounts_cured_before,
            count(case when was_late_twice_before and not was_late and is_late then 1 end) as accounts_redefaulted
        from accounts
        group by book_key
    ),
    named as (
        select
            books.company_id,
            books.currency,
            grouped.accounts_overdue_before,
            grouped.accounts_cured,
            grouped.accounts_cured_before,
            grouped.accounts_redefaulted
        from grouped
        inner join raw_books as books on grouped.book_key = books.book_key
    )
select * from named
