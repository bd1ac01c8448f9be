-- Purpose: what each listing in force names, and since when all of it is paid, but for what is below the
--   tolerance.
-- Grain: debtor_id, actor_id, listing_id, invoice_id, installment_no
-- Reads: stg_listings, int_items, int_settled_items, raw_held_debtors
-- Units: amounts in units of currency
-- Nulls: done_on null = something it names is still owed, or is not in the snapshot (is_unknown); requested_on null =
--   nobody asked for the removal yet
-- Kind: table
with
    stated as (select * from stg_listings),
    instalments as (
        select items.debtor_id, items.company_id, items.invoice_id, items.installment_no
        from int_items as items
        left semi join stated on items.debtor_id = stated.debtor_id and items.invoice_id = stated.invoice_id
    ),
    listings as (
        -- An instalment that its invoice does not have may be any of them.
        select
            stated.*,
            stated.installment_no is null
                or (instalments.installment_no is null and @scope_open = 0) as is_of_all
        from stated
        left join instalments
            on stated.debtor_id = instalments.debtor_id
            and stated.company_id = instalments.company_id
            and stated.invoice_id = instalments.invoice_id
            and stated.installment_no = instalments.installment_no
    ),
    unread as (select distinct debtor_id from raw_held_debtors where by_invoices),
    settled as (
        select debtor_id, invoice_id, max(settled_on) as settled_on
        from int_settled_items
        group by debtor_id, invoice_id
    ),
    items as (select * from int_items),
    named as (
        select
            items.group_key,
            items.debtor_id,
            items.company_id,
            items.currency,
            listings.actor_id,
            listings.listing_id,
            listings.kind,
            listings.bureau,
            listings.included_on,
            listings.removal_requested_on as requested_on,
            items.invoice_id,
            items.installment_no,
            items.issue_date,
            items.due_date,
            items.payable_on,
            items.original_amount,
            items.open_amount,
            items.paid_up_on as settled_on,
            false as is_unknown
        from listings
        inner join items
            on listings.debtor_id = items.debtor_id
            and listings.company_id = items.company_id
            and listings.invoice_id = items.invoice_id
        where listings.is_of_all or listings.installment_no = items.installment_no
    ),
    unknown as (
        -- Of an export of open items, what is gone was settled; of an export of all, nobody knows, and it is told.
        select
            listings.group_key,
            listings.debtor_id,
            coalesce(listings.company_id, @default_company) as company_id,
            @default_currency as currency,
            listings.actor_id,
            listings.listing_id,
            listings.kind,
            listings.bureau,
            listings.included_on,
            listings.removal_requested_on as requested_on,
            listings.invoice_id,
            coalesce(listings.installment_no, 1) as installment_no,
            listings.included_on as issue_date,
            listings.included_on as due_date,
            listings.included_on as payable_on,
            cast(0 as decimal(18, 2)) as original_amount,
            cast(0 as decimal(18, 2)) as open_amount,
            -- Of a debtor with an invoice that cannot be read it may be this one.
            case
                when @scope_open = 1 and unread.debtor_id is null then coalesce(settled.settled_on, @as_of)
            end as settled_on,
            true as is_unknown
        from listings
        left join unread on listings.debtor_id = unread.debtor_id
        left join settled on listings.debtor_id = settled.debtor_id and listings.invoice_id = settled.invoice_id
        left anti join named
            on listings.debtor_id = named.debtor_id
            and listings.actor_id = named.actor_id
            and listings.listing_id = named.listing_id
    ),
    all_named as (
        select * from named
        union all select * from unknown
    ),
    done as (
        select debtor_id, actor_id, listing_id, max(settled_on) as done_on
        from all_named
        group by debtor_id, actor_id, listing_id
        having count(settled_on) = count(*)
    ),
    joined as (
        select all_named.*, done.done_on
        from all_named
        left join done
            on all_named.debtor_id = done.debtor_id
            and all_named.actor_id = done.actor_id
            and all_named.listing_id = done.listing_id
    )
select * from joined
