-- Purpose: agreements: active, fulfilled, broken or cancelled, and how they began.
-- Grain: company_id, currency
-- Reads: fct_agreements
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
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
                when is_late and not is_kept then 'broken'
                when has_owed then 'active'
                when is_paid_to_the_end then 'fulfilled'
                when was_late then 'broken'
                else 'cancelled'
            end as state
        from agreements
    ),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            count(case when state = 'active' then 1 end) as active,
            cast(sum(case when state = 'active' then owed_amount else 0 end) as decimal(18, 2)) as active_amount,
            count(case when state = 'fulfilled' then 1 end) as fulfilled,
            cast(sum(case when state = 'fulfilled' then whole_amount else 0 end) as decimal(18, 2)) as fulfilled_amount,
            count(case when state = 'broken' then 1 end) as broken,
            cast(sum(case when state = 'broken' then unpaid_amount else 0 end) as decimal(18, 2)) as broken_amount,
            count(case when state = 'cancelled' then 1 end) as cancelled,
            cast(sum(case when state = 'cancelled' then unpaid_amount else 0 end) as decimal(18, 2)) as cancelled_amount,
            count(case when is_judged then 1 end) as first_due,
            count(case when is_in_default and not is_kept then 1 end) as first_payment_defaults,
            count(case when state = 'broken' and has_paid then 1 end) as redefaults
        from judged
        group by company_id, currency
    )
select * from summed
order by company_id, currency
