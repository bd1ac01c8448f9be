-- Purpose: the listings, protests and placements in force of the accounts to decide on, with what they name.
-- Grain: kind, debtor_id, actor_id, entry_id, invoice_id, installment_no
-- Reads: int_listing_items, int_placement_items, cnd_debtors
-- Units: amounts in units of currency; days_past_due in calendar days from the contractual due date
-- Nulls: requested_on null = nobody asked for the removal yet; done_on null = something it names is still owed, or not in
--   the snapshot (is_unknown)
-- Kind: table
with
    listing_items as (select * from int_listing_items),
    placement_items as (select * from int_placement_items),
    debtors as (select group_key, group_id, debtor_id from cnd_debtors),
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
            is_unknown
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
            is_unknown
        from placement_items
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
