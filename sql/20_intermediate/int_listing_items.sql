-- Purpose: what each listing in force names, and since when all of it is paid.
-- Grain: listing_id, invoice_id, installment_no
-- Reads: stg_listings, int_items
-- Units: amounts in units of currency
-- Nulls: done_on null = something it names is still owed; requested_on null = nobody asked for the removal yet
-- Kind: table
with
    listings as (select * from stg_listings),
    items as (select * from int_items),
    named as (
        -- A listing of an invoice that the snapshot does not hold is nobody's: what it names may be paid or not.
        select
            items.group_key,
            items.debtor_id,
            items.company_id,
            items.currency,
            listings.listing_id,
            listings.kind,
            listings.bureau,
            listings.included_on,
            listings.removal_requested_on as requested_on,
            items.invoice_id,
            items.installment_no,
            items.issue_date,
            items.due_date,
            items.original_amount,
            items.open_amount,
            items.settled_on
        from listings
        inner join items on listings.debtor_id = items.debtor_id and listings.invoice_id = items.invoice_id
        where coalesce(listings.installment_no = items.installment_no, true)
    ),
    done as (
        select listing_id, max(settled_on) as done_on
        from named
        group by listing_id
        having count(settled_on) = count(*)
    ),
    joined as (
        select named.*, done.done_on
        from named
        left join done on named.listing_id = done.listing_id
    )
select * from joined
