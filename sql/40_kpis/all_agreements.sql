-- Purpose: every agreement with what became of it, by what all shards know.
-- Grain: debtor_id, agreement_id
-- Reads: fct_agreements
-- Units: amounts in units of currency, as in fct_agreements
-- Columns: state = active, fulfilled, broken or cancelled
-- Nulls: none
-- Kind: view
with
    agreements as (
        select
            debtor_id,
            agreement_id,
            coalesce(min(covered_company_id), min(own_company_id), @default_company) as company_id,
            min(currency) as currency,
            bool_or(has_paid) as has_paid,
            bool_or(has_owed) as has_owed,
            bool_or(is_late) as is_late,
            bool_or(was_late) as was_late,
            bool_or(is_paid_to_the_end) as is_paid_to_the_end,
            bool_or(is_judged) as is_judged,
            bool_or(is_in_default) as is_in_default,
            bool_or(is_kept) as is_kept,
            coalesce(bool_and(is_settled), false) as is_settled,
            max(whole_amount) as whole_amount,
            max(unpaid_amount) as unpaid_amount,
            max(owed_amount) as owed_amount
        from fct_agreements
        group by debtor_id, agreement_id
    ),
    judged as (
        select
            *,
            case
                -- Nothing of what it is about is owed any more.
                when has_owed and is_settled then 'fulfilled'
                when is_late and not is_kept then 'broken'
                when has_owed then 'active'
                when is_paid_to_the_end then 'fulfilled'
                when was_late then 'broken'
                else 'cancelled'
            end as state,
            is_in_default and not is_kept as is_first_payment_default
        from agreements
    )
select * from judged
