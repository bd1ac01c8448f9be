-- Purpose: the open items with their days past due, their bucket and what speaks for leaving them alone.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: int_items, stg_invoices, int_item_flags, run_ages
-- Units: days_past_due in calendar days from the contractual due date, never above 0 before the payable day is over;
--   amounts in units of currency
-- Nulls: agency_id null = with no agency; promise_until null = no pending promise
-- Kind: table
with
    open_items as (select * from int_items where open_amount > 0),
    items as (
        select
            open_items.*,
            invoices.payment_reference,
            invoices.payment_link,
            invoices.dunning_block,
            invoices.grace_until,
            invoices.regua,
            invoices.step_override,
            invoices.collector_id
        from open_items
        inner join stg_invoices as invoices on open_items.item_key = invoices.item_key
    ),
    item_flags as (select * from int_item_flags where installment_no <> 0),
    flags as (select * from int_item_flags where invoice_id <> '' and installment_no = 0),
    account_flags as (select * from int_item_flags where invoice_id = '' and company_id <> ''),
    debtor_flags as (select * from int_item_flags where invoice_id = '' and company_id = ''),
    ages as (select * from run_ages),
    aged as (
        select
            *,
            cast(
                case
                    when payable_on < @as_of then @as_of_day - cast(due_date as int)
                    else least(@as_of_day - cast(due_date as int), 0)
                end
                as bigint
            ) as days_past_due
        from items
    ),
    flagged as (
        select
            aged.*,
            coalesce(flags.is_disputed, false)
                or coalesce(account_flags.is_disputed, false)
                or coalesce(debtor_flags.is_disputed, false) as is_disputed,
            coalesce(flags.is_returned, false)
                or coalesce(account_flags.is_returned, false)
                or coalesce(debtor_flags.is_returned, false) as is_returned,
            coalesce(flags.in_kept_agreement, false)
                or coalesce(item_flags.in_kept_agreement, false)
                or coalesce(account_flags.in_kept_agreement, false)
                or coalesce(debtor_flags.in_kept_agreement, false) as in_kept_agreement,
            coalesce(flags.agreement_broken, false) or coalesce(item_flags.agreement_broken, false) as agreement_broken,
            coalesce(flags.promise_pending, false)
                or coalesce(account_flags.promise_pending, false)
                or coalesce(debtor_flags.promise_pending, false) as promise_pending,
            -- The latest of them, where only one may be there.
            greatest(flags.promise_until, account_flags.promise_until, debtor_flags.promise_until) as promise_until,
            -- A promise over the invoice is broken whenever it is due; one over all that is owed was over what was due by it.
            flags.promise_broken_by is not null
                or coalesce(aged.due_date <= account_flags.promise_broken_by, false)
                or coalesce(aged.due_date <= debtor_flags.promise_broken_by, false) as promise_broken,
            coalesce(flags.agency_id, account_flags.agency_id, debtor_flags.agency_id) as agency_id,
            coalesce(flags.is_listed, false) or coalesce(item_flags.is_listed, false) as is_listed
        from aged
        left join item_flags
            on aged.debtor_id = item_flags.debtor_id
            and aged.company_id = item_flags.company_id
            and aged.invoice_id = item_flags.invoice_id
            and aged.installment_no = item_flags.installment_no
        left join flags
            on aged.debtor_id = flags.debtor_id
            and aged.company_id = flags.company_id
            and aged.invoice_id = flags.invoice_id
        left join account_flags
            on aged.debtor_id = account_flags.debtor_id
            and aged.company_id = account_flags.company_id
        left join debtor_flags on aged.debtor_id = debtor_flags.debtor_id
    ),
    bucketed as (
        select flagged.*, ages.bucket_no, ages.bucket
        from flagged
        inner join ages on least(greatest(flagged.days_past_due, @age_min), @age_max) = ages.days_past_due
    )
select * from bucketed
