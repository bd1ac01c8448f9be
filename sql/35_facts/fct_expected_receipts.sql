-- Purpose: the shard's part of what may come in of open items week by week, as the model of payment expects it.
-- Grain: company_id, currency, source, week_no
-- Reads: int_expected_receipts, raw_books
-- Units: as in int_expected_receipts
-- Nulls: none
-- Kind: table
with
    receipts as (select * from int_expected_receipts),
    books as (select book_key, company_id, currency from raw_books),
    joined as (
        select
            books.company_id,
            books.currency,
            receipts.source,
            receipts.week_no,
            receipts.expected_amount,
            receipts.variance
        from receipts
        inner join books on receipts.book_key = books.book_key
    )
select * from joined
