-- Purpose: what became of each agreement, as far as the shard knows: by all of its instalments, and by what the ledger knows.
--   An agreement stands in every shard of which it covers anything, so the shards' rows become one of each later.
-- Grain: debtor_id, agreement_id
-- Reads: raw_agreements, raw_agreement_items, int_agreements, int_items, stg_invoices
-- Units: amounts in units of currency: of what is active, broken or cancelled the unpaid part, of what is fulfilled the whole
-- Columns: is_settled = all that it covers here is paid up, whatever its instalments say
-- Nulls: covered_company_id and is_settled = it covers nothing here; own_company_id = the debtor has no invoice here
-- Kind: table
with
    instalments as (
        select
            debtor_id,
            agreement_id,
            coalesce(currency, @default_currency) as currency,
            due_date,
            amount,
            paid_on,
            cancelled_on,
            paid_on <= @as_of as is_paid,
            coalesce(paid_on > @as_of, true) and cancelled_on <= @as_of as is_cancelled,
            -- Unpaid when its grace was over, and not cancelled before.
            coalesce(paid_on > @as_of, true)
                and kept_until < @as_of
                and coalesce(cancelled_on > kept_until, true) as is_late
        from raw_agreements
        where coalesce(agreed_on <= @as_of, true)
    ),
    flagged as (
        select
            debtor_id,
            agreement_id,
            currency,
            due_date,
            amount,
            case when is_paid then paid_on end as paid_on,
            case when is_cancelled then cancelled_on end as cancelled_on,
            coalesce(is_paid, false) as is_paid,
            coalesce(is_cancelled, false) as is_cancelled,
            coalesce(is_late, false) as is_late,
            not coalesce(is_paid, false) and not coalesce(is_cancelled, false) as is_owed
        from instalments
    ),
    summed as (
        select
            debtor_id,
            agreement_id,
            min(currency) as currency,
            min(due_date) as first_due_on,
            bool_or(is_paid) as has_paid,
            bool_or(is_owed) as has_owed,
            bool_or(is_owed and is_late) as is_late,
            bool_or(is_late) as was_late,
            -- What was cancelled last was given up, what was paid last was paid to the end.
            not bool_or(is_owed)
                and coalesce(max(paid_on) > max(cancelled_on), max(paid_on) is not null) as is_paid_to_the_end,
            cast(sum(case when is_cancelled then 0 else amount end) as decimal(28, 2)) as whole_amount,
            cast(sum(case when is_paid then 0 else amount end) as decimal(28, 2)) as unpaid_amount,
            cast(sum(case when is_owed then amount else 0 end) as decimal(28, 2)) as owed_amount
        from flagged
        group by debtor_id, agreement_id
    ),
    first_ones as (
        select
            flagged.debtor_id,
            flagged.agreement_id,
            -- Its day and grace are over, whatever became of it.
            bool_or(flagged.is_late) as is_in_default,
            bool_or(flagged.is_late or flagged.is_paid) as is_judged
        from flagged
        inner join summed
            on flagged.debtor_id = summed.debtor_id
            and flagged.agreement_id = summed.agreement_id
            and flagged.due_date = summed.first_due_on
        group by flagged.debtor_id, flagged.agreement_id
    ),
    kept as (
        -- The ledger may know a payment that the agreement does not.
        select debtor_id, agreement_id, bool_or(is_kept) as is_kept
        from int_agreements
        group by debtor_id, agreement_id
    ),
    covered as (
        select actor_id as debtor_id, agreement_id, min(company_id) as company_id
        from raw_agreement_items
        group by actor_id, agreement_id
    ),
    settled as (
        select covered.actor_id as debtor_id, covered.agreement_id, bool_and(items.paid_up_on is not null) as is_settled
        from raw_agreement_items as covered
        inner join int_items as items
            on covered.debtor_id = items.debtor_id
            and covered.invoice_id = items.invoice_id
            and coalesce(covered.company_id = items.company_id, true)
            and (coalesce(covered.installment_no, 0) = 0 or covered.installment_no = items.installment_no)
        group by covered.actor_id, covered.agreement_id
    ),
    owners as (
        select debtor_id, min(company_id) as company_id
        from stg_invoices
        group by debtor_id
    ),
    judged as (
        select
            summed.debtor_id,
            summed.agreement_id,
            covered.company_id as covered_company_id,
            owners.company_id as own_company_id,
            summed.currency,
            summed.has_paid,
            summed.has_owed,
            summed.is_late,
            summed.was_late,
            summed.is_paid_to_the_end,
            summed.whole_amount,
            summed.unpaid_amount,
            summed.owed_amount,
            first_ones.is_judged,
            first_ones.is_in_default,
            coalesce(kept.is_kept, false) as is_kept,
            settled.is_settled
        from summed
        inner join first_ones
            on summed.debtor_id = first_ones.debtor_id
            and summed.agreement_id = first_ones.agreement_id
        left join kept on summed.debtor_id = kept.debtor_id and summed.agreement_id = kept.agreement_id
        left join covered on summed.debtor_id = covered.debtor_id and summed.agreement_id = covered.agreement_id
        left join settled on summed.debtor_id = settled.debtor_id and summed.agreement_id = settled.agreement_id
        left join owners on summed.debtor_id = owners.debtor_id
    )
select * from judged
