-- Purpose: the accounts to decide on, with their profile and episode.
-- Grain: debtor_id, company_id, currency
-- Reads: int_accounts, int_profiles, int_episodes, cnd_debtors
-- Units: amounts in units of currency; months are whole months as a customer
-- Nulls: as in int_profiles
-- Kind: table
with
    accounts as (select * from int_accounts),
    profiles as (select * from int_profiles),
    episodes as (select * from int_episodes),
    debtors as (select group_key, group_id, debtor_id, customer_since from cnd_debtors),
    joined as (
        select
            debtors.group_key,
            debtors.group_id,
            accounts.debtor_id,
            accounts.company_id,
            accounts.currency,
            accounts.credit_amount,
            accounts.promise_broken,
            accounts.agreement_broken,
            episodes.episode_start,
            cast((@as_of_day - cast(debtors.customer_since as int)) / 30 as bigint) as months_as_customer,
            profiles.items_due,
            profiles.paid_on_time,
            profiles.paid_late,
            profiles.late_ratio,
            profiles.days_late_avg,
            profiles.days_late_max,
            profiles.last_payment_on,
            profiles.largest_payment,
            profiles.broken_promises
        from accounts
        inner join debtors on accounts.debtor_id = debtors.debtor_id
        inner join profiles
            on accounts.debtor_id = profiles.debtor_id
            and accounts.company_id = profiles.company_id
            and accounts.currency = profiles.currency
        inner join episodes
            on accounts.debtor_id = episodes.debtor_id
            and accounts.company_id = episodes.company_id
            and accounts.currency = episodes.currency
    )
select * from joined
order by group_key, group_id, debtor_id, company_id, currency
