-- Purpose: the listings, protests and placements in force of the accounts to decide on, with what they name; of what is
--   asked for and not entered yet (is_asked), what is still owed.
-- Grain: kind, debtor_id, actor_id, entry_id, invoice_id, installment_no
-- Reads: int_listing_items, int_placement_items, stg_listings_asked, int_items, cnd_debtors
-- Units: amounts in units of currency; days_past_due in calendar days from the contractual due date
-- Nulls: requested_on null = nobody asked for the removal yet; done_on null = something it names is still owed, or not in
--   the snapshot (is_unknown)
-- Kind: table
with
    listing_items as (select * from int_listing_items),
    placement_items as (select * from int_placement_items),
    asked as (select * from stg_listings_asked),
    items as (select * from int_items),
    debtors as (select group_key, group_id, debtor_id from cnd_debtors),
    asked_items as (
        select
            items.debtor_id,
            items.company_id,
            items.currency,
            asked.actor_id,
            asked.kind,
            asked.listing_id,
            asked.bureau,
            items.invoice_id,
            items.installment_no,
            items.issue_date,
            items.due_date,
            items.payable_on,
            items.original_amount,
            items.open_amount,
            false as is_unknown
        from asked
        inner join items
            on asked.debtor_id = items.debtor_id
            and asked.company_id = items.company_id
            and asked.invoice_id = items.invoice_id
        where items.open_amount > 0 and coalesce(asked.installment_no = items.installment_no, true)
        union all
        -- Nobody knows which item that is, unless what is gone was settled.
        select
            asked.debtor_id,
            coalesce(asked.company_id, @default_company),
            @default_currency,
            asked.actor_id,
            asked.kind,
            asked.listing_id,
            asked.bureau,
            asked.invoice_id,
            coalesce(asked.installment_no, 1),
            @as_of,
            @as_of,
            @as_of,
            cast(0 as decimal(18, 2)),
            cast(0 as decimal(18, 2)),
            true
        from asked
        left anti join items
            on asked.debtor_id = items.debtor_id
            and asked.company_id = items.company_id
            and asked.invoice_id = items.invoice_id
        where @scope_open = 0
    ),
    entries as (
        select
            debtor_id,
            company_id,
            currency,
            actor_id,
            kind,
            listing_id as entry_id,
            bureau as counterpart,
            included_on as since_on,
            requested_on,
            done_on,
            true as is_paid,
            invoice_id,
            installment_no,
            issue_date,
            due_date,
            payable_on,
            original_amount,
            open_amount,
            is_unknown,
            false as is_asked
        from listing_items
        union all
        select
            debtor_id,
            company_id,
            currency,
            actor_id,
            'agency',
            placement_id,
            agency_id,
            placed_on,
            cast(null as date),
            done_on,
            is_paid,
            invoice_id,
            installment_no,
            issue_date,
            due_date,
            payable_on,
            original_amount,
            open_amount,
            is_unknown,
            false
        from placement_items
        union all
        select
            debtor_id,
            company_id,
            currency,
            actor_id,
            kind,
            listing_id,
            bureau,
            @as_of,
            cast(null as date),
            cast(null as date),
            true,
            invoice_id,
            installment_no,
            issue_date,
            due_date,
            payable_on,
            original_amount,
            open_amount,
            is_unknown,
            true
        from asked_items
    ),
    joined as (
        select
            debtors.group_key,
            debtors.group_id,
            entries.*,
            cast(@as_of_day - cast(entries.due_date as int) as bigint) as days_past_due
        from entries
        inner join debtors on entries.debtor_id = debtors.debtor_id
    )
select * from joined
order by group_key, group_id, debtor_id, company_id, currency, kind, entry_id, actor_id, due_date, invoice_id, installment_no
